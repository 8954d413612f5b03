{{/*
Numbers that follow from other values unless they are given.
*/}}
{{- define "ml-census.trustedProxies" -}}
{{- if kindIs "invalid" .Values.config.trusted_proxies }}
{{- include "ml-census.googleProxy" . | empty | ternary 0 2 }}
{{- else }}
{{- int64 .Values.config.trusted_proxies }}
{{- end }}
{{- end }}

{{/*
Seconds until all load balancers have removed a pod: 30 for Google's proxies, 24 for externalTrafficPolicy=Local (three health
checks of a node, one in 8 s), and 10 more. Otherwise the nodes route to another pod within 5.
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

{{- define "ml-census.drainSeconds" -}}
{{- add (.Values.preStopSleepSeconds | default 0) (include "ml-census.drainDelay" .) .Values.config.drain_deadline_seconds }}
{{- end }}

{{- define "ml-census.gracePeriod" -}}
{{- if kindIs "invalid" .Values.terminationGracePeriodSeconds }}
{{- add (include "ml-census.drainSeconds" .) 15 }}
{{- else }}
{{- int64 .Values.terminationGracePeriodSeconds }}
{{- end }}
{{- end }}

{{/*
The kubelet restarts the server when the budget of the startup probe is over: an update that has not failed yet may still go on.
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
Bytes of a Kubernetes quantity.
*/}}
{{- define "ml-census.bytes" -}}
{{- $units := dict "m" 0.001 "" 1.0 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 "Pi" 1125899906842624.0 }}
{{- $unit := kindIs "string" . | ternary (regexFind "[A-Za-z]*$" (toString .)) "" }}
{{- mulf (kindIs "string" . | ternary (trimSuffix $unit (toString .)) . | float64) (get $units $unit) | int64 }}
{{- end }}

{{/*
While a pickle of N MiB is loaded, the pod takes up to 182 + 4.9 N MiB (PSS of all processes, forests of 35 to 278 MiB).
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
Size of /cache in Mi: a new model is written beside the old one, each with its compiled form (forests: up to 0.43 of the
compressed pickle).
*/}}
{{- define "ml-census.cacheMi" -}}
{{- div (add (mul 3 (include "ml-census.maxModelBytes" . | int64)) 1048575) 1048576 }}
{{- end }}

{{/*
Quantity of a number of Mi as an API server writes it, so that Argo CD finds no difference.
*/}}
{{- define "ml-census.quantity" -}}
{{- $mi := int64 . }}
{{- if mod $mi 1024 }}{{ $mi }}Mi{{ else }}{{ div $mi 1024 }}Gi{{ end }}
{{- end }}

{{/*
Ephemeral storage in Mi: /cache, 64 for /tmp, and 50 for logs, of which the kubelet keeps 5 files of 10Mi.
*/}}
{{- define "ml-census.ephemeralMi" -}}
{{- add (include "ml-census.cacheMi" .) 64 50 }}
{{- end }}

{{/*
Resources with the ephemeral storage, unless one is given.
*/}}
{{- define "ml-census.resources" -}}
{{- $given := index (.Values.resources.limits | default dict) "ephemeral-storage" | default (index (.Values.resources.requests | default dict) "ephemeral-storage") }}
{{- $storage := dict "ephemeral-storage" ($given | default (include "ml-census.ephemeralMi" . | include "ml-census.quantity")) }}
{{- merge (deepCopy .Values.resources) (dict "requests" $storage "limits" $storage) | toYaml }}
{{- end }}
