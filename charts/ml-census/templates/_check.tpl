{{/*
Checks for contradictions and missing values that the schema cannot express. All problems are reported at once.
Messages quote no secret, since CI logs show them. For the same reason the format of hashes and keys is checked here and not
in the schema, whose messages quote the value.

Contents of the chart's own Secret that the server would reject must fail here: the Secret keeps its name, so a pod of the old
ReplicaSet that starts while an update fails gets the new contents.
*/}}
{{- define "ml-census.check" -}}
{{- $problems := list }}
{{- /*
Password hashes of werkzeug. The costs of scrypt are those of OWASP: other costs fail or need gigabytes.
*/}}
{{- $scrypt := `scrypt:(8192|16384|32768|65536|131072):8:([1-9]|10)\$[^$]+\$[0-9a-f]{128}` }}
{{- $pbkdf2 := `[1-9][0-9]{0,6}\$[^$]+\$[0-9a-f]` | printf `pbkdf2:(sha1:%[1]s{40}|sha224:%[1]s{56}|sha256:%[1]s{64}|sha384:%[1]s{96}|sha512:%[1]s{128})` }}
{{- $line := `[!-~][ -~]{30,}[!-~]` }}

{{- $origins := list }}
{{- range $name, $used := dict
  "credentials.existingSecret" .Values.credentials.existingSecret
  "credentials.externalSecret" (.Values.credentials.externalSecret).store
  "credentials.secretManager" (include "ml-census.secretManager" .)
  "credentials.signingKey" .Values.credentials.signingKey
  "credentials.users" .Values.credentials.users }}
{{- if $used }}
{{- $origins = append $origins $name }}
{{- end }}
{{- end }}
{{- if and (gt (len $origins) 1) (ne (join " " $origins) "credentials.signingKey credentials.users") }}
{{- $problems = append $problems (printf "%s exclude each other. Keep one." (join " and " $origins)) }}
{{- end }}
{{- $external := or (.Values.credentials.externalSecret).users (.Values.credentials.externalSecret).signingKey | empty | not }}
{{- if ne $external (not (empty (.Values.credentials.externalSecret).store)) }}
{{- $problems = append $problems "credentials.externalSecret needs a store, and the names of users, signingKey, or both." }}
{{- end }}
{{- if and .Values.credentials.existingSecret .Values.config.users .Values.config.secret }}
{{- $problems = append $problems "credentials.existingSecret is not used, since config.users and config.secret are set. Remove it." }}
{{- end }}

{{- $users := or .Values.credentials.users (.Values.credentials.externalSecret).users (.Values.credentials.secretManager).users }}
{{- if not (or .Values.config.users $users .Values.credentials.existingSecret) }}
{{- $problems = append $problems "users are missing: set config.users to a gs:// URI or a path, credentials.users to names and hashes (ml-census user add NAME --users users.json), or credentials.existingSecret to a Secret with the key users.json." }}
{{- end }}
{{- if and .Values.config.users $users }}
{{- $problems = append $problems "config.users and the users of credentials both name the users. Keep one." }}
{{- end }}
{{- range $name, $hash := .Values.credentials.users }}
{{- if or (not $name) (contains ":" $name) }}
{{- $problems = append $problems (printf "credentials.users.%s: a user name must not be empty or contain a colon (RFC 7617)." $name) }}
{{- end }}
{{- if not (regexMatch (printf "^(%s|%s)$" $scrypt $pbkdf2) $hash) }}
{{- $problems = append $problems (printf "credentials.users.%s is not a complete password hash. Create one with: ml-census user add %s --users users.json" $name $name) }}
{{- end }}
{{- end }}
{{- $names := keys (.Values.credentials.users | default dict) | join ":" | lower | splitList ":" }}
{{- if lt (len (uniq $names)) (len $names) }}
{{- $problems = append $problems "credentials.users has two names that differ only in case." }}
{{- end }}

{{- $key := or .Values.credentials.signingKey (.Values.credentials.externalSecret).signingKey (.Values.credentials.secretManager).signingKey }}
{{- if not (or .Values.config.secret $key .Values.credentials.existingSecret) }}
{{- $problems = append $problems "the signing key is missing: set config.secret to a gs:// URI or a path, credentials.signingKey to a key (ml-census generate-key prints one), or credentials.existingSecret to a Secret with the key secret.txt." }}
{{- end }}
{{- if and .Values.config.secret $key }}
{{- $problems = append $problems "config.secret and the signingKey of credentials both name the signing key. Keep one." }}
{{- end }}
{{- with .Values.credentials.signingKey }}
{{- if not (regexMatch (printf `^\s*%s(\s*\n\s*%s)*\s*$` $line $line) .) }}
{{- $problems = append $problems "credentials.signingKey: each line must be a key of at least 32 ASCII characters (RFC 7518, 3.2). Create one with: ml-census generate-key" }}
{{- end }}
{{- end }}

{{- $grace := int64 .Values.terminationGracePeriodSeconds }}
{{- $wait := add .Values.preStopSleepSeconds .Values.config.drain_delay_seconds }}
{{- $drain := add $wait .Values.config.drain_deadline_seconds }}
{{- if le $grace $drain }}
{{- $problems = append $problems (printf "terminationGracePeriodSeconds is %d, but must be more than preStopSleepSeconds + config.drain_delay_seconds + config.drain_deadline_seconds = %d, or pods are killed while they drain." $grace $drain) }}
{{- end }}
{{- if or (include "ml-census.googleGateway" .) (include "ml-census.googleIngress" .) }}
{{- if lt $wait 30 }}
{{- $problems = append $problems (printf "preStopSleepSeconds + config.drain_delay_seconds = %d, but Google's load balancer takes up to 30 seconds to remove a pod: set at least 30." $wait) }}
{{- end }}
{{- if lt (int64 .Values.googleLoadBalancer.drainingSeconds) $drain }}
{{- $problems = append $problems (printf "googleLoadBalancer.drainingSeconds is %d, but must be at least preStopSleepSeconds + config.drain_delay_seconds + config.drain_deadline_seconds = %d, or requests in flight are cut off." (int64 .Values.googleLoadBalancer.drainingSeconds) $drain) }}
{{- end }}
{{- if le (int64 .Values.config.keep_alive_timeout_seconds) 600 }}
{{- $problems = append $problems (printf "config.keep_alive_timeout_seconds is %d, but must be more than the 600 for which Google's load balancer keeps a connection, or requests meet a closed one." (int64 .Values.config.keep_alive_timeout_seconds)) }}
{{- end }}
{{- end }}

{{- if and .Values.serviceAccount.googleServiceAccount (not .Values.serviceAccount.create) }}
{{- $problems = append $problems "serviceAccount.googleServiceAccount needs serviceAccount.create: an existing ServiceAccount has its own annotation." }}
{{- end }}
{{- if and .Values.serviceAccount.googleServiceAccount (.Values.networkPolicy).enabled (not .Values.networkPolicy.metadataServer) }}
{{- $problems = append $problems "serviceAccount.googleServiceAccount needs networkPolicy.metadataServer, which issues the tokens of Workload Identity." }}
{{- end }}

{{- if and (eq .Values.service.type "ClusterIP") .Values.service.externalTrafficPolicy }}
{{- $problems = append $problems "service.externalTrafficPolicy needs service.type=LoadBalancer or NodePort." }}
{{- end }}
{{- if and (ne .Values.service.type "LoadBalancer") (or .Values.service.loadBalancerIP .Values.service.loadBalancerSourceRanges .Values.service.internal) }}
{{- $problems = append $problems "service.loadBalancerIP, service.loadBalancerSourceRanges and service.internal need service.type=LoadBalancer." }}
{{- end }}
{{- if and (.Values.gateway).parentRefs (or .Values.gateway.address .Values.gateway.certificateMap .Values.gateway.tlsSecret) }}
{{- $problems = append $problems "gateway.parentRefs names existing Gateways; gateway.address, gateway.certificateMap and gateway.tlsSecret belong to a Gateway of the chart. Keep one." }}
{{- end }}
{{- if and (.Values.gateway).certificateMap (not (regexMatch "^gke-l7-(global-external-managed|gxlb)(-mc)?$" .Values.gateway.className)) }}
{{- $problems = append $problems "gateway.certificateMap needs one of Google's global classes; set gateway.tlsSecret for others." }}
{{- end }}
{{- if and (or (.Values.gateway).enabled (.Values.ingress).enabled) (not (hasKey .Values "googleLoadBalancer")) }}
{{- $problems = append $problems "googleLoadBalancer is missing, as after --reuse-values from an older chart: use --reset-then-reuse-values." }}
{{- end }}
{{- if and (.Values.gateway).certificateMap .Values.gateway.tlsSecret }}
{{- $problems = append $problems "gateway.certificateMap and gateway.tlsSecret exclude each other. Keep one." }}
{{- end }}
{{- if and (.Values.ingress).managedCertificate .Values.ingress.tlsSecret }}
{{- $problems = append $problems "ingress.managedCertificate and ingress.tlsSecret exclude each other. Keep one." }}
{{- end }}
{{- if and (.Values.ingress).managedCertificate (or (not .Values.ingress.hosts) (ne .Values.ingress.className "gce")) }}
{{- $problems = append $problems "ingress.managedCertificate needs ingress.hosts, and ingress.className=gce." }}
{{- end }}

{{- if (.Values.ingress).managedCertificate }}
{{- range .Values.ingress.hosts }}
{{- if or (hasPrefix "*" .) (gt (len .) 63) }}
{{- $problems = append $problems (printf "ingress.managedCertificate: Google issues none for %s: no wildcards, maximum 63 characters." .) }}
{{- end }}
{{- end }}
{{- end }}
{{- if and (.Values.ingress).address (not (has .Values.ingress.className (list "gce" "gce-internal"))) }}
{{- $problems = append $problems "ingress.address is for ingress.className=gce or gce-internal." }}
{{- end }}

{{- if (.Values.autoscaling).enabled }}
{{- if gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas) }}
{{- $problems = append $problems "autoscaling.minReplicas is more than autoscaling.maxReplicas." }}
{{- end }}
{{- if and .Values.autoscaling.targetCPUUtilizationPercentage (not ((.Values.resources).requests).cpu) }}
{{- $problems = append $problems "autoscaling needs resources.requests.cpu: CPU use is measured in percent of it." }}
{{- end }}
{{- $more := .Values.autoscaling.metrics }}
{{- if .Values.autoscaling.keda }}
{{- $more = .Values.autoscaling.triggers }}
{{- end }}
{{- if not (or .Values.autoscaling.targetCPUUtilizationPercentage $more) }}
{{- $problems = append $problems "autoscaling has no metric: set autoscaling.targetCPUUtilizationPercentage, autoscaling.metrics, or autoscaling.triggers for KEDA." }}
{{- end }}
{{- if or (and .Values.autoscaling.keda .Values.autoscaling.metrics) (and .Values.autoscaling.triggers (not .Values.autoscaling.keda)) }}
{{- $problems = append $problems "autoscaling.metrics belong to the HorizontalPodAutoscaler, autoscaling.triggers to autoscaling.keda." }}
{{- end }}
{{- end }}

{{- if and (or (.Values.metrics).podMonitoring (.Values.metrics).serviceMonitor) (not .Values.metrics.enabled) }}
{{- $problems = append $problems "metrics.podMonitoring and metrics.serviceMonitor need metrics.enabled." }}
{{- end }}
{{- if and (.Values.metrics).alerts (eq (.Values.metrics.podMonitoring | default false) (.Values.metrics.serviceMonitor | default false)) }}
{{- $problems = append $problems "metrics.alerts need exactly one of metrics.podMonitoring and metrics.serviceMonitor." }}
{{- end }}

{{- if and (.Values.test).password .Values.test.existingSecret }}
{{- $problems = append $problems "test.password and test.existingSecret exclude each other. Keep one." }}
{{- end }}
{{- if and (.Values.test).password (not .Values.test.user) }}
{{- $problems = append $problems "test.password needs test.user." }}
{{- end }}

{{- if not (regexMatch "^[a-z]" (include "ml-census.fullname" .)) }}
{{- $problems = append $problems (printf "the name %s is invalid for a Service, which begins with a letter: set fullnameOverride." (include "ml-census.fullname" .)) }}
{{- end }}

{{- with $problems }}
{{- fail (printf "\n\n%s\n" (join "\n" .)) }}
{{- end }}
{{- end }}
