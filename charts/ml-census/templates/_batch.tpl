{{/*
Name of the CronJob for batch scoring, maximum 44 characters. The name of a Job adds 14 characters, such as -20261128-0200, and the
host name of its pods adds the index, such as -9999. A host name has maximum 63 characters.
*/}}
{{- define "ml-census.batchName" -}}
{{- include "ml-census.baseName" . | trunc 38 | trimAll "-" }}-batch
{{- end }}

{{/*
Labels of the batch pods. The label app.kubernetes.io/name differs from the label of the server pods, so that neither the Service nor
another selector of the server selects the batch pods.
*/}}
{{- define "ml-census.batchSelectorLabels" -}}
app.kubernetes.io/name: {{ include "ml-census.name" . | trunc 57 | trimAll "-" }}-batch
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "ml-census.batchLabels" -}}
{{ include "ml-census.batchSelectorLabels" . }}
{{ include "ml-census.chartLabels" . }}
{{- end }}

{{/*
Image of the batch pods: by default the image of the server with the suffix -batch at the tag.
*/}}
{{- define "ml-census.batchImage" -}}
{{- $repository := (.Values.batch.image).repository | default .Values.image.repository }}
{{- if (.Values.batch.image).digest }}
{{- printf "%s@%s" $repository .Values.batch.image.digest }}
{{- else }}
{{- printf "%s:%s" $repository ((.Values.batch.image).tag | default (printf "%s-batch" (.Values.image.tag | default .Chart.AppVersion))) }}
{{- end }}
{{- end }}

{{/*
Arguments of `ml-census score`. Kubernetes replaces each $(NAME) by an environment variable of the container.
*/}}
{{- define "ml-census.batchArguments" -}}
- score
- {{ .Values.config.model_path | quote }}
- {{ .Values.batch.input | quote }}
- {{ printf "%s/$(JOB_NAME)" (trimSuffix "/" .Values.batch.output) | quote }}
- --shard-index
- $(JOB_COMPLETION_INDEX)
- --shard-count
- {{ int64 .Values.batch.completions | quote }}
{{- if ((.Values.batch.resources).requests).cpu }}
- --threads
- $(CPU_REQUEST)
{{- end }}
{{- if has "*" (.Values.batch.keep | default list) }}
- --keep-all
{{- else }}
{{- range .Values.batch.keep }}
- --keep
- {{ . | quote }}
{{- end }}
{{- end }}
{{- with .Values.config.model_sha256 }}
- --model-sha256
- {{ . | quote }}
{{- end }}
{{- with .Values.batch.maxRejected }}
- --max-rejected
- {{ . | quote }}
{{- end }}
{{- with .Values.batch.reasons }}
- --reasons
- {{ int64 . | quote }}
{{- end }}
{{- end }}
