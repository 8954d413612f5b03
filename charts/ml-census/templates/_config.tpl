{{/*
Content of config.yaml, the configuration file of the server. int64 converts numbers, since Helm reads numbers as floats and writes
1000000 as 1e+06. Text is quoted, so that special characters do not end the value. After `helm upgrade --reuse-values` from an older
chart, new values are missing: the template then omits the key or writes the default.
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
{{- with .Values.config.description }}
description: {{ . | quote }}
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
Name of the ConfigMap with config.yaml. The name ends with the first 10 hexadecimal digits of the SHA-256 of config.yaml.
*/}}
{{- define "ml-census.configName" -}}
{{- include "ml-census.suffixed" (list . (printf "config-%s" (printf "%s\n" (include "ml-census.config" .) | sha256sum | trunc 10))) }}
{{- end }}

{{/*
Name of the Secret with users.json and secret.txt: credentials.existingSecret, or a name for the Secret of the chart. An existing Secret
is unlikely to have the suffix "own-credentials". If an operator changed to an existing Secret with the name of the chart's Secret, Helm
would delete that Secret.
*/}}
{{- define "ml-census.credentialsName" -}}
{{- $own := "own-credentials" }}
{{- if (.Values.credentials.externalSecret).store }}
{{- $own = "external-credentials" }}
{{- end }}
{{- .Values.credentials.existingSecret | default (include "ml-census.suffixed" (list . $own)) }}
{{- end }}

{{/*
"true" if the Secret Manager add-on of GKE mounts users.json and secret.txt, otherwise empty.
*/}}
{{- define "ml-census.secretManager" -}}
{{- if or (.Values.credentials.secretManager).users (.Values.credentials.secretManager).signingKey }}true{{ end }}
{{- end }}

{{- define "ml-census.testSecretName" -}}
{{- (.Values.test).existingSecret | default (include "ml-census.suffixed" (list . "own-test")) }}
{{- end }}

{{/*
"true" if clients can log in, otherwise empty. Without users and key, the server serves only the protocols in
config.unauthenticated_protocols.
*/}}
{{- define "ml-census.authenticates" -}}
{{- $sources := list .Values.config.users .Values.config.secret .Values.credentials.existingSecret (.Values.credentials.externalSecret).store (include "ml-census.secretManager" .) .Values.credentials.users .Values.credentials.signingKey }}
{{- if or (compact $sources) (not .Values.config.unauthenticated_protocols) }}true{{ end }}
{{- end }}

{{/*
Data of the Secret that the chart creates from credentials.users and credentials.signingKey. Empty if the chart creates no Secret.
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
Items of the volume that is mounted at /credentials. Empty if config.users and config.secret name other files. The items list each
file, so that the kubelet does not start a pod if the Secret lacks a file. An event of the pod then names the missing file.
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
