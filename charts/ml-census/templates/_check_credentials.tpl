{{/*
Check the sources of users and signing keys. Invalid hashes or keys for the Secret of the chart must fail here, before Helm changes
the Secret. All ReplicaSets use the same Secret, so invalid contents would also prevent the start of pods of the old ReplicaSet.
*/}}
{{- define "ml-census.checkCredentials" }}
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
{{ join " and " $origins }} exclude each other. Keep one.
{{- end }}
{{- $external := or (.Values.credentials.externalSecret).users (.Values.credentials.externalSecret).signingKey | empty | not }}
{{- if ne $external (not (empty (.Values.credentials.externalSecret).store)) }}
credentials.externalSecret needs a store, and the names of users, signingKey, or both.
{{- end }}
{{- if and .Values.credentials.existingSecret .Values.config.users .Values.config.secret }}
credentials.existingSecret is not used, since config.users and config.secret are set. Remove it.
{{- end }}
{{- if include "ml-census.authenticates" . }}
{{- include "ml-census.checkUsers" . }}
{{- include "ml-census.checkKey" . }}
{{- end }}
{{- end }}

{{/*
Check the users and the format of their password hashes, which is the format of werkzeug.security. The accepted scrypt parameters have
the range that the OWASP Password Storage Cheat Sheet recommends. Other parameters are invalid or need gigabytes of memory.
*/}}
{{- define "ml-census.checkUsers" }}
{{- $scrypt := `scrypt:(8192|16384|32768|65536|131072):8:([1-9]|10)\$[^$]+\$[0-9a-f]{128}` }}
{{- $pbkdf2 := `[1-9][0-9]{0,6}\$[^$]+\$[0-9a-f]` | printf `pbkdf2:(sha1:%[1]s{40}|sha224:%[1]s{56}|sha256:%[1]s{64}|sha384:%[1]s{96}|sha512:%[1]s{128})` }}
{{- $users := or .Values.credentials.users (.Values.credentials.externalSecret).users (.Values.credentials.secretManager).users }}
{{- if not (or .Values.config.users $users .Values.credentials.existingSecret) }}
users are missing: set config.users to a gs:// URI or a path, credentials.users to names and hashes (ml-census user add NAME --users users.json), or credentials.existingSecret to a Secret with the key users.json.
{{- end }}
{{- if and .Values.config.users $users }}
config.users and the users of credentials both name the users. Keep one.
{{- end }}
{{- range $name, $hash := .Values.credentials.users }}
{{- if or (not $name) (contains ":" $name) }}
credentials.users.{{ $name }}: a user name must not be empty or contain a colon (RFC 7617).
{{- end }}
{{- if not (regexMatch (printf "^(%s|%s)$" $scrypt $pbkdf2) $hash) }}
credentials.users.{{ $name }} is not a complete password hash. Create one with: ml-census user add {{ $name }} --users users.json
{{- end }}
{{- end }}
{{- $names := keys (.Values.credentials.users | default dict) | join ":" | lower | splitList ":" }}
{{- if lt (len (uniq $names)) (len $names) }}
credentials.users has two names that differ only in case.
{{- end }}
{{- end }}

{{- define "ml-census.checkKey" }}
{{- $line := `[!-~][ -~]{30,}[!-~]` }}
{{- $key := or .Values.credentials.signingKey (.Values.credentials.externalSecret).signingKey (.Values.credentials.secretManager).signingKey }}
{{- if not (or .Values.config.secret $key .Values.credentials.existingSecret) }}
the signing key is missing: set config.secret to a gs:// URI or a path, credentials.signingKey to a key (ml-census generate-key prints one), or credentials.existingSecret to a Secret with the key secret.txt.
{{- end }}
{{- if and .Values.config.secret $key }}
config.secret and the signingKey of credentials both name the signing key. Keep one.
{{- end }}
{{- with .Values.credentials.signingKey }}
{{- if not (regexMatch (printf `^\s*%s(\s*\n\s*%s)*\s*$` $line $line) .) }}
credentials.signingKey: each line must be a key of at least 32 ASCII characters (RFC 7518, 3.2). Create one with: ml-census generate-key
{{- end }}
{{- end }}
{{- end }}
