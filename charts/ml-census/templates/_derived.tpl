{{/*
The templates of this file compute numbers from other values. A number in the values overrides the computed number.

config.trusted_proxies: Google's HTTP load balancer appends 2 addresses to X-Forwarded-For.
*/}}
{{- define "ml-census.trustedProxies" -}}
{{- if kindIs "invalid" .Values.config.trusted_proxies }}
{{- include "ml-census.googleProxy" . | empty | ternary 0 2 }}
{{- else }}
{{- int64 .Values.config.trusted_proxies }}
{{- end }}
{{- end }}

{{/*
config.drain_delay_seconds: time until all load balancers have removed a pod (seconds). Google's HTTP load balancer takes up to 30 s.
With externalTrafficPolicy=Local, Google's load balancer takes up to 24 s: three health checks of a node, one every 8 s. 40 s is 10 s
more than the larger number. In all other cases the nodes route to other pods within 5 s.
*/}}
{{- define "ml-census.drainDelay" -}}
{{- if not (kindIs "invalid" .Values.config.drain_delay_seconds) }}
{{- int64 .Values.config.drain_delay_seconds }}
{{- else if or (include "ml-census.googleProxy" .) (and (eq .Values.service.type "LoadBalancer") (eq (.Values.service.externalTrafficPolicy | default "") "Local")) }}
{{- max 0 (sub 40 (.Values.preStopSleepSeconds | default 0)) }}
{{- else }}
{{- 5 }}
{{- end }}
{{- end }}

{{/*
Maximum time between the deletion of a pod and the exit of the server (seconds).
*/}}
{{- define "ml-census.drainSeconds" -}}
{{- add (.Values.preStopSleepSeconds | default 0) (include "ml-census.drainDelay" .) .Values.config.drain_deadline_seconds }}
{{- end }}

{{/*
terminationGracePeriodSeconds.
*/}}
{{- define "ml-census.gracePeriod" -}}
{{- if kindIs "invalid" .Values.terminationGracePeriodSeconds }}
{{- add (include "ml-census.drainSeconds" .) 15 }}
{{- else }}
{{- int64 .Values.terminationGracePeriodSeconds }}
{{- end }}
{{- end }}

{{/*
progressDeadlineSeconds: longer than the time that the startup probe allows. A pod can start within that time, so Kubernetes must not
report the update as failed before.
*/}}
{{- define "ml-census.progressDeadline" -}}
{{- if kindIs "invalid" .Values.progressDeadlineSeconds }}
{{- $probe := .Values.probes.startup }}
{{- $budget := mul ($probe.periodSeconds | default 10) ($probe.failureThreshold | default 3) }}
{{- add ($probe.initialDelaySeconds | default 0) $budget (.Values.minReadySeconds | default 0) 60 }}
{{- else }}
{{- int64 .Values.progressDeadlineSeconds }}
{{- end }}
{{- end }}

{{/*
Number of bytes of a Kubernetes quantity, for example 536870912 for "512Mi". Call: include "ml-census.bytes" "512Mi"
*/}}
{{- define "ml-census.bytes" -}}
{{- $units := dict "m" 0.001 "" 1.0 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 "Pi" 1125899906842624.0 }}
{{- $unit := kindIs "string" . | ternary (regexFind "[A-Za-z]*$" (toString .)) "" }}
{{- mulf (kindIs "string" . | ternary (trimSuffix $unit (toString .)) . | float64) (get $units $unit) | int64 }}
{{- end }}

{{/*
config.max_model_bytes: an eighth of the memory limit. While the server loads a pickle of N MiB, the pod needs up to 182 + 4.9 N MiB of
memory. This is the proportional set size (PSS) of all processes, measured with random forests of 35 to 278 MiB.
*/}}
{{- define "ml-census.maxModelBytes" -}}
{{- $memory := index ((.Values.resources).limits | default dict) "memory" }}
{{- if not (kindIs "invalid" .Values.config.max_model_bytes) }}
{{- int64 .Values.config.max_model_bytes }}
{{- else if $memory }}
{{- min 536870912 (div (include "ml-census.bytes" $memory) 8) }}
{{- else }}
{{- 536870912 }}
{{- end }}
{{- end }}

{{/*
Size limit of the volume /cache in Mi: 3 times config.max_model_bytes. During a reload /cache has the old and the new model, each with
its compiled form. The compiled form of a random forest has up to 0.43 of the size of the compressed pickle.
*/}}
{{- define "ml-census.cacheMi" -}}
{{- div (add (mul 3 (include "ml-census.maxModelBytes" . | int64)) 1048575) 1048576 }}
{{- end }}

{{/*
Kubernetes quantity of a number of Mi: 2048 returns "2Gi", 100 returns "100Mi". The API server converts quantities to this form. With
the same form in the template, Argo CD reports no difference.
*/}}
{{- define "ml-census.quantity" -}}
{{- $mi := int64 . }}
{{- if mod $mi 1024 }}{{ $mi }}Mi{{ else }}{{ div $mi 1024 }}Gi{{ end }}
{{- end }}

{{/*
Ephemeral storage of a pod in Mi: the size of /cache, 64 Mi for /tmp, and 50 Mi for logs. By default the kubelet keeps 5 log files of
10 Mi for each container.
*/}}
{{- define "ml-census.ephemeralMi" -}}
{{- add (include "ml-census.cacheMi" .) 64 50 }}
{{- end }}

{{/*
Resources of a container: the value `resources`, with the computed ephemeral storage if the value has no ephemeral-storage.
*/}}
{{- define "ml-census.resources" -}}
{{- $given := index (.Values.resources.limits | default dict) "ephemeral-storage" | default (index (.Values.resources.requests | default dict) "ephemeral-storage") }}
{{- $storage := dict "ephemeral-storage" ($given | default (include "ml-census.ephemeralMi" . | include "ml-census.quantity")) }}
{{- merge (deepCopy .Values.resources) (dict "requests" $storage "limits" $storage) | toYaml }}
{{- end }}
