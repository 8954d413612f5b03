{{- define "ml-census.checkExposure" }}
{{- if and (include "ml-census.ownGateway" .) (not (include "ml-census.gatewayTLS" .)) (not .Values.allowHTTP) (not (regexMatch "rilb|internal" .Values.gateway.className)) }}
the Gateway has no certificate, so that passwords and tokens cross the internet unencrypted: set gateway.certificateMap or gateway.tlsSecret, or allowHTTP=true.
{{- end }}
{{- if and (.Values.ingress).enabled (not (include "ml-census.ingressTLS" .)) (not .Values.allowHTTP) (ne .Values.ingress.className "gce-internal") }}
the Ingress has no certificate, so that passwords and tokens cross the internet unencrypted: set ingress.managedCertificate or ingress.tlsSecret, or allowHTTP=true.
{{- end }}
{{- range $key, $names := dict "gateway.hostnames" (.Values.gateway).hostnames "ingress.hosts" (.Values.ingress).hosts }}
{{- range $names }}
{{- if not (regexMatch `^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$` .) }}
{{ $key }}: {{ . }} is not a host name such as census.example.com or *.example.com.
{{- end }}
{{- end }}
{{- end }}
{{- if and (eq .Values.service.type "ClusterIP") .Values.service.externalTrafficPolicy }}
service.externalTrafficPolicy needs service.type=LoadBalancer or NodePort.
{{- end }}
{{- if and (ne .Values.service.type "LoadBalancer") (or .Values.service.loadBalancerIP .Values.service.loadBalancerClass .Values.service.loadBalancerSourceRanges .Values.service.internal) }}
service.loadBalancerIP, service.loadBalancerClass, service.loadBalancerSourceRanges and service.internal need service.type=LoadBalancer.
{{- end }}
{{- if and (or (.Values.gateway).enabled (.Values.ingress).enabled) (not (hasKey .Values "googleLoadBalancer")) }}
googleLoadBalancer is missing, as after --reuse-values from an older chart: give all values by --values in place of --reuse-values.
{{- end }}
{{- include "ml-census.checkGateway" . }}
{{- include "ml-census.checkIngress" . }}
{{- end }}

{{- define "ml-census.checkGateway" }}
{{- if and (.Values.gateway).parentRefs (or .Values.gateway.address .Values.gateway.certificateMap .Values.gateway.tlsSecret) }}
gateway.parentRefs names existing Gateways; gateway.address, gateway.certificateMap and gateway.tlsSecret belong to a Gateway of the chart. Keep one.
{{- end }}
{{- if and (.Values.gateway).certificateMap (not (regexMatch "^gke-l7-(global-external-managed|gxlb)(-mc)?$" .Values.gateway.className)) }}
gateway.certificateMap needs one of Google's global classes; set gateway.tlsSecret for others.
{{- end }}
{{- if and (.Values.gateway).certificateMap .Values.gateway.tlsSecret }}
gateway.certificateMap and gateway.tlsSecret exclude each other. Keep one.
{{- end }}
{{- end }}

{{- define "ml-census.checkIngress" }}
{{- if and (.Values.ingress).managedCertificate .Values.ingress.tlsSecret }}
ingress.managedCertificate and ingress.tlsSecret exclude each other. Keep one.
{{- end }}
{{- if and (.Values.ingress).managedCertificate (or (not .Values.ingress.hosts) (ne .Values.ingress.className "gce")) }}
ingress.managedCertificate needs ingress.hosts, and ingress.className=gce.
{{- end }}
{{- if (.Values.ingress).managedCertificate }}
{{- range .Values.ingress.hosts }}
{{- if or (hasPrefix "*" .) (gt (len .) 63) }}
ingress.managedCertificate: Google issues none for {{ . }}: no wildcards, maximum 63 characters.
{{- end }}
{{- end }}
{{- end }}
{{- if and (.Values.ingress).address (not (has .Values.ingress.className (list "gce" "gce-internal"))) }}
ingress.address is for ingress.className=gce or gce-internal.
{{- end }}
{{- end }}

{{- define "ml-census.checkTimes" }}
{{- $grace := include "ml-census.gracePeriod" . | int64 }}
{{- $drain := include "ml-census.drainSeconds" . | int64 }}
{{- $wait := sub $drain .Values.config.drain_deadline_seconds }}
{{- if le $grace $drain }}
terminationGracePeriodSeconds is {{ $grace }}, but must be more than preStopSleepSeconds + config.drain_delay_seconds + config.drain_deadline_seconds = {{ $drain }}, or pods are killed while they drain.
{{- end }}
{{- $spot := pick (.Values.nodeSelector | default dict) "cloud.google.com/gke-spot" "cloud.google.com/gke-preemptible" | values }}
{{- $preferred := contains `"key":"cloud.google.com/gke-spot","operator":"In"` (toJson .Values.affinity) }}
{{- if and (or $preferred (has "true" $spot)) (gt $drain 15) (kindIs "invalid" .Values.terminationGracePeriodSeconds) }}
preStopSleepSeconds + config.drain_delay_seconds + config.drain_deadline_seconds = {{ $drain }}, but a Spot node of GKE ends after 15 seconds: lower them. Nodes of GKE 1.35 and later can have a longer shutdownGracePeriodSeconds: with it, set terminationGracePeriodSeconds.
{{- end }}
{{- $proxies := include "ml-census.trustedProxies" . | int64 }}
{{- if include "ml-census.googleProxy" . }}
{{- if lt $wait 30 }}
preStopSleepSeconds + config.drain_delay_seconds = {{ $wait }}, but Google's load balancer takes up to 30 seconds to remove a pod: set at least 30.
{{- end }}
{{- if le (int64 .Values.config.keep_alive_timeout_seconds) 600 }}
config.keep_alive_timeout_seconds is {{ int64 .Values.config.keep_alive_timeout_seconds }}, but must be more than the 600 for which Google's load balancer keeps a connection, or requests meet a closed one.
{{- end }}
{{- if lt $proxies 2 }}
config.trusted_proxies is {{ $proxies }}, but Google's load balancer appends 2 addresses, so that wrong passwords of one client lock out the others: set 2, or remove it.
{{- end }}
{{- end }}
{{- if and $proxies (eq .Values.service.type "LoadBalancer") (not (or .Values.service.loadBalancerSourceRanges .Values.service.internal)) }}
config.trusted_proxies is {{ $proxies }}, but clients reach the Service of type LoadBalancer without a proxy and can forge their address: set service.type=ClusterIP, service.loadBalancerSourceRanges to the proxies, or config.trusted_proxies=0.
{{- end }}
{{- end }}

{{- define "ml-census.checkNetwork" }}
{{- if (.Values.networkPolicy).enabled }}
{{- if and .Values.networkPolicy.from (not .Values.networkPolicy.fromGoogleLoadBalancer) (include "ml-census.googleProxy" .) }}
networkPolicy.from shuts out the health checks of Google's load balancer, without which it sends no requests: set networkPolicy.fromGoogleLoadBalancer=true.
{{- end }}
{{- $paths := list .Values.config.model_path .Values.config.prediction_decoding .Values.config.users .Values.config.secret | join " " }}
{{- if (.Values.batch).enabled }}
{{- $paths = list $paths .Values.batch.input .Values.batch.output | join " " }}
{{- end }}
{{- if regexMatch "(^| )gs://" $paths }}
{{- if not (or .Values.networkPolicy.https .Values.networkPolicy.extraEgress) }}
gs:// URIs need a way to Cloud Storage: set networkPolicy.https=true, or networkPolicy.extraEgress to a private address.
{{- end }}
{{- $own := regexMatch `"name":"(GOOGLE_APPLICATION_CREDENTIALS|STORAGE_EMULATOR_HOST)"` (toJson .Values.extraEnv) }}
{{- if not (or .Values.networkPolicy.metadataServer $own (contains "169.254.169.254/" (toJson .Values.networkPolicy.extraEgress))) }}
gs:// URIs need the tokens of Workload Identity: set networkPolicy.metadataServer=true, or GOOGLE_APPLICATION_CREDENTIALS in extraEnv.
{{- end }}
{{- else if and .Values.serviceAccount.googleServiceAccount (not .Values.networkPolicy.metadataServer) }}
serviceAccount.googleServiceAccount needs networkPolicy.metadataServer, which issues the tokens of Workload Identity.
{{- end }}
{{- end }}
{{- end }}
