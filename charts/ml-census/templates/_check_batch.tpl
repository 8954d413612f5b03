{{- define "ml-census.checkBatch" }}
{{- if (.Values.batch).enabled }}
{{- range $key, $path := dict "input" .Values.batch.input "output" .Values.batch.output }}
{{- if not $path }}
batch.{{ $key }} is missing: set it to a gs:// URI or an absolute path in the container.
{{- else if not (regexMatch "^(gs://|/)." $path) }}
batch.{{ $key }} must be a gs:// URI or an absolute path in the container.
{{- end }}
{{- end }}
{{- if and .Values.batch.input (hasPrefix (printf "%s/" (trimSuffix "/" .Values.batch.input)) (printf "%s/" (trimSuffix "/" (.Values.batch.output | default "")))) }}
batch.output is in the folder batch.input, so that the next run would read the predictions as a table: choose another folder.
{{- end }}
{{- $decoding := printf "%sprediction_decoding.json" (regexReplaceAll "[^/]*$" (.Values.config.model_path | default "") "") }}
{{- if not (has .Values.config.prediction_decoding (list "" nil $decoding)) }}
batch uses prediction_decoding.json of the published model, but config.prediction_decoding is another file, so that server and batch would differ: publish the model with it (ml-census publish --decoding), and set config.prediction_decoding to {{ $decoding }}.
{{- end }}
{{- if gt (int64 .Values.batch.parallelism) (int64 .Values.batch.completions) }}
batch.parallelism is {{ int64 .Values.batch.parallelism }}, but must be at most batch.completions, {{ int64 .Values.batch.completions }}: each index has one pod.
{{- end }}
{{- if gt (.Values.batch.maxFailedIndexes | default 0 | int64) (int64 .Values.batch.completions) }}
batch.maxFailedIndexes is {{ int64 .Values.batch.maxFailedIndexes }}, but must be at most batch.completions, {{ int64 .Values.batch.completions }}.
{{- end }}
{{- if and (has "*" (.Values.batch.keep | default list)) (gt (len .Values.batch.keep) 1) }}
batch.keep: * keeps all columns: remove the other names.
{{- end }}
{{- end }}
{{- end }}
