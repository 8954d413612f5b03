{{/*
The server's config.yaml. int64, because Helm reads numbers as floats and writes a million as 1e+06. Text is quoted, so
that any character stays on its line. A new key renders nothing, or its default, if the value is missing, as after
`helm upgrade --reuse-values`.
*/}}
{{- define "ml-census.config" -}}
model_path: {{ .Values.config.model_path | quote }}
{{- with .Values.config.prediction_decoding }}
prediction_decoding: {{ . | quote }}
{{- end }}
{{- if include "ml-census.authenticates" . }}
users: {{ .Values.config.users | default "/credentials/users.json" | quote }}
secret: {{ .Values.config.secret | default "/credentials/secret.txt" | quote }}
{{- end }}
{{- with .Values.config.model_name }}
model_name: {{ . | quote }}
{{- end }}
{{- with .Values.config.unauthenticated_protocols }}
unauthenticated_protocols: {{ toJson . }}
{{- end }}
{{- with .Values.config.cors_origins }}
cors_origins: {{ toJson . }}
{{- end }}
access_log: {{ .Values.config.access_log | default false }}
{{- with .Values.config.model_sha256 }}
model_sha256: {{ . | quote }}
{{- end }}
{{- with .Values.config.trusted_globals }}
trusted_globals: {{ toJson . }}
{{- end }}
sklearn_version_mismatch: {{ .Values.config.sklearn_version_mismatch }}
{{- with .Values.config.untested_model }}
untested_model: {{ . }}
{{- end }}
{{- with .Values.config.extra_columns }}
extra_columns: {{ . }}
{{- end }}
max_model_bytes: {{ include "ml-census.maxModelBytes" . }}
cache_path: /cache
reload_interval_seconds: {{ int64 .Values.config.reload_interval_seconds }}
compile: {{ .Values.config.compile }}
max_body_bytes: {{ int64 .Values.config.max_body_bytes }}
max_rows: {{ int64 .Values.config.max_rows }}
request_timeout_seconds: {{ int64 .Values.config.request_timeout_seconds }}
keep_alive_timeout_seconds: {{ int64 .Values.config.keep_alive_timeout_seconds }}
trusted_proxies: {{ include "ml-census.trustedProxies" . }}
drain_delay_seconds: {{ include "ml-census.drainDelay" . }}
drain_deadline_seconds: {{ int64 .Values.config.drain_deadline_seconds }}
{{- end }}

{{/*
Name of the ConfigMap, with the first 10 hexadecimal digits of the SHA-256 of its config.yaml.
*/}}
{{- define "ml-census.configName" -}}
{{- include "ml-census.suffixed" (list . (printf "config-%s" (printf "%s\n" (include "ml-census.config" .) | sha256sum | trunc 10))) }}
{{- end }}

{{/*
Names of the Secrets. The chart's own names are unlikely for an existing Secret, which Helm would delete.
*/}}
{{- define "ml-census.credentialsName" -}}
{{- $own := "own-credentials" }}
{{- if (.Values.credentials.externalSecret).store }}
{{- $own = "external-credentials" }}
{{- end }}
{{- .Values.credentials.existingSecret | default (include "ml-census.suffixed" (list . $own)) }}
{{- end }}

{{/*
Whether GKE's add-on for Secret Manager mounts the credentials; empty means no.
*/}}
{{- define "ml-census.secretManager" -}}
{{- if or (.Values.credentials.secretManager).users (.Values.credentials.secretManager).signingKey }}true{{ end }}
{{- end }}

{{- define "ml-census.testSecretName" -}}
{{- (.Values.test).existingSecret | default (include "ml-census.suffixed" (list . "own-test")) }}
{{- end }}

{{/*
Whether clients log in. Without users and key the server serves config.unauthenticated_protocols alone.
*/}}
{{- define "ml-census.authenticates" -}}
{{- $sources := list .Values.config.users .Values.config.secret .Values.credentials.existingSecret (.Values.credentials.externalSecret).store (include "ml-census.secretManager" .) .Values.credentials.users .Values.credentials.signingKey }}
{{- if or (compact $sources) (not .Values.config.unauthenticated_protocols) }}true{{ end }}
{{- end }}

{{/*
Data of the chart's own Secret; empty if there is none.
*/}}
{{- define "ml-census.credentials" -}}
{{- with .Values.credentials.users }}
users.json: {{ toJson . | b64enc }}
{{- end }}
{{- with .Values.credentials.signingKey }}
secret.txt: {{ b64enc . }}
{{- end }}
{{- end }}

{{/*
Files in /credentials; empty if both are elsewhere. Each is named, so that a Secret without one of them stops the pod with an
event.
*/}}
{{- define "ml-census.credentialsItems" -}}
{{- if include "ml-census.authenticates" . }}
{{- if not .Values.config.users }}
- key: users.json
  path: users.json
{{- end }}
{{- if not .Values.config.secret }}
- key: secret.txt
  path: secret.txt
{{- end }}
{{- end }}
{{- end }}

{{- define "ml-census.hasTest" -}}
{{- if or (.Values.test).password (.Values.test).existingSecret }}true{{ end }}
{{- end }}
