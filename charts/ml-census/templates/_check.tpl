{{/*
Check values that are missing or contradict each other, and fail with one message that lists all problems. These checks are not in
values.schema.json: the schema cannot express them, or its error message would be a regular expression. Each template
ml-census.checkNAME writes one line for each problem. No message contains a password hash or a key, since CI logs show the messages.
The schema does not check the format of hashes and keys, since error messages of the schema contain the value.
*/}}
{{- define "ml-census.check" -}}
{{- $problems := "" }}
{{- range list "Paths" "Credentials" "Exposure" "Times" "Network" "Pods" "Scaling" "Batch" "Others" }}
{{- $problems = print $problems (include (printf "ml-census.check%s" .) $) }}
{{- end }}
{{- with trim $problems }}
{{- fail (printf "\n\n%s\n" .) }}
{{- end }}
{{- end }}

{{- define "ml-census.checkPaths" }}
{{- if not .Values.image.repository }}
image.repository is missing: set it to the registry and name of the image, such as REGISTRY/ml-census (ci/build-image builds the image).
{{- end }}
{{- if not .Values.config.model_path }}
config.model_path is missing: set it to the model file, a gs:// URI or an absolute path in the container.
{{- end }}
{{- range $key, $path := dict "model_path" .Values.config.model_path "prediction_decoding" .Values.config.prediction_decoding "users" .Values.config.users "secret" .Values.config.secret }}
{{- if and $path (not (regexMatch "^(gs://|/)." $path)) }}
config.{{ $key }} must be a gs:// URI or an absolute path in the container.
{{- end }}
{{- end }}
{{- end }}

{{- define "ml-census.checkPods" }}
{{- range $key := list "memory" "ephemeral-storage" }}
{{- $quantity := index (($.Values.resources).limits | default dict) $key | default "0" | toString }}
{{- if not (regexMatch `^[0-9]+(\.[0-9]+)?(e\+?[0-9]+|m|k|M|G|T|P|[KMGTP]i)?$` $quantity) }}
resources.limits.{{ $key }}: {{ $quantity }} is not a quantity of Kubernetes, such as 512Mi.
{{- end }}
{{- end }}
{{- $bytes := include "ml-census.maxModelBytes" . | int64 }}
{{- with index ((.Values.resources).limits | default dict) "memory" }}
{{- if gt $bytes (include "ml-census.bytes" . | int64) }}
config.max_model_bytes is {{ $bytes }}, but must be at most resources.limits.memory, {{ . }}: the model is loaded into memory.
{{- end }}
{{- end }}
{{- with index ((.Values.resources).limits | default dict) "ephemeral-storage" }}
{{- $needed := include "ml-census.ephemeralMi" $ | int64 }}
{{- if gt (mul $needed 1048576) (include "ml-census.bytes" . | int64) }}
resources.limits.ephemeral-storage is {{ . }}, but /tmp, /cache (3 times config.max_model_bytes) and the logs can take {{ $needed }}Mi, at which Kubernetes evicts the pod: remove it, and the chart sets it.
{{- end }}
{{- end }}
{{- $own := list "tmp" "cache" "configuration" "credentials" }}
{{- range .Values.extraVolumes }}
{{- if has .name $own }}
extraVolumes: {{ .name }} is a volume of the chart: choose another name.
{{- end }}
{{- end }}
{{- range .Values.extraVolumeMounts }}
{{- if has (toString .mountPath | trimAll "/") $own }}
extraVolumeMounts: the chart itself mounts a volume at {{ .mountPath }}: choose another path.
{{- end }}
{{- end }}
{{- $selector := include "ml-census.selectorLabels" . | fromYaml }}
{{- range $key, $_ := .Values.podLabels }}
{{- if hasKey $selector $key }}
podLabels: {{ $key }} is a label of the chart, which selects the pods: choose another key.
{{- end }}
{{- end }}
{{- range $key, $_ := .Values.commonLabels }}
{{- if regexMatch "^(app\\.kubernetes\\.io/(name|instance|version|managed-by|component)|helm\\.sh/chart|grafana_dashboard)$" $key }}
commonLabels: {{ $key }} is a label of the chart: choose another key.
{{- end }}
{{- end }}
{{- $labels := include "ml-census.labels" . | fromYaml }}
{{- range $key, $_ := (.Values.metrics).labels }}
{{- if hasKey $labels $key }}
metrics.labels: {{ $key }} is a label of the chart: choose another key.
{{- end }}
{{- end }}
{{- range list "ml-census/config.yaml" "checksum/credentials" }}
{{- if hasKey ($.Values.podAnnotations | default dict) . }}
podAnnotations: {{ . }} is an annotation of the chart: choose another key.
{{- end }}
{{- end }}
{{- $none := list "0" "0%" }}
{{- if and (eq .Values.strategy.type "RollingUpdate") (has (toString .Values.strategy.rollingUpdate.maxUnavailable) $none) (has (toString .Values.strategy.rollingUpdate.maxSurge) $none) }}
strategy.rollingUpdate.maxUnavailable and strategy.rollingUpdate.maxSurge are both 0, with which no pod can be updated: set one of them to 1.
{{- end }}
{{- range concat (.Values.extraContainers | default list) (.Values.extraInitContainers | default list) }}
{{- if eq .name "ml-census" }}
extraContainers and extraInitContainers: ml-census is the container of the chart: choose another name.
{{- end }}
{{- end }}
{{- if le (include "ml-census.progressDeadline" . | int64) (.Values.minReadySeconds | default 0 | int64) }}
progressDeadlineSeconds is {{ include "ml-census.progressDeadline" . }}, but must be more than minReadySeconds, {{ int64 .Values.minReadySeconds }}.
{{- end }}
{{- end }}

{{- define "ml-census.checkScaling" }}
{{- $fewest := (.Values.autoscaling).enabled | default false | ternary (.Values.autoscaling).minReplicas .Values.replicaCount | int64 | max 1 }}
{{- $minimum := (.Values.podDisruptionBudget).minAvailable | default 0 }}
{{- $kept := int64 $minimum }}
{{- if kindIs "string" $minimum }}
{{- /* Kubernetes rounds a percentage of pods up to a whole number. */}}
{{- $kept = div (add (mul $fewest (trimSuffix "%" $minimum)) 99) 100 }}
{{- end }}
{{- if and (.Values.podDisruptionBudget).enabled (ge $kept $fewest) }}
podDisruptionBudget.minAvailable is {{ toYaml $minimum }} of {{ $fewest }} pods, with which no node can be drained: set less, or podDisruptionBudget.enabled=false.
{{- end }}
{{- if (.Values.autoscaling).enabled }}
{{- if gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas) }}
autoscaling.minReplicas is more than autoscaling.maxReplicas.
{{- end }}
{{- if not (or (int64 .Values.autoscaling.minReplicas) (and .Values.autoscaling.keda .Values.autoscaling.triggers)) }}
autoscaling.minReplicas is 0, which needs autoscaling.keda, and in autoscaling.triggers a trigger that works without pods.
{{- end }}
{{- if and .Values.autoscaling.targetCPUUtilizationPercentage (not ((.Values.resources).requests).cpu) }}
autoscaling needs resources.requests.cpu: CPU use is measured in percent of it.
{{- end }}
{{- $more := .Values.autoscaling.metrics }}
{{- if .Values.autoscaling.keda }}
{{- $more = .Values.autoscaling.triggers }}
{{- end }}
{{- if not (or .Values.autoscaling.targetCPUUtilizationPercentage $more) }}
autoscaling has no metric: set autoscaling.targetCPUUtilizationPercentage, autoscaling.metrics, or autoscaling.triggers for KEDA.
{{- end }}
{{- if or (and .Values.autoscaling.keda .Values.autoscaling.metrics) (and .Values.autoscaling.triggers (not .Values.autoscaling.keda)) }}
autoscaling.metrics belong to the HorizontalPodAutoscaler, autoscaling.triggers to autoscaling.keda.
{{- end }}
{{- end }}
{{- end }}

{{- define "ml-census.checkOthers" }}
{{- if and .Values.serviceAccount.googleServiceAccount (not .Values.serviceAccount.create) }}
serviceAccount.googleServiceAccount needs serviceAccount.create: an existing ServiceAccount has its own annotation.
{{- end }}
{{- if and (or (.Values.metrics).podMonitoring (.Values.metrics).serviceMonitor) (not .Values.metrics.enabled) }}
metrics.podMonitoring and metrics.serviceMonitor need metrics.enabled.
{{- end }}
{{- if and (.Values.metrics).alerts (eq (.Values.metrics.podMonitoring | default false) (.Values.metrics.serviceMonitor | default false)) }}
metrics.alerts need exactly one of metrics.podMonitoring and metrics.serviceMonitor.
{{- end }}
{{- if and (.Values.test).password .Values.test.existingSecret }}
test.password and test.existingSecret exclude each other. Keep one.
{{- end }}
{{- if and (.Values.test).password (not .Values.test.user) }}
test.password needs test.user.
{{- end }}
{{- if and (.Values.test).expected (not .Values.test.row) }}
test.expected needs test.row, whose prediction it is.
{{- end }}
{{- if not (regexMatch "^[a-z]" (include "ml-census.fullname" .)) }}
the name {{ include "ml-census.fullname" . }} is invalid for a Service, which begins with a letter: set fullnameOverride.
{{- end }}
{{- end }}
