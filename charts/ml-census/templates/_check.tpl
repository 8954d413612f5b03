{{/*
Values that contradict each other, or leave something out, where the schema cannot tell. All are told at once.
Nothing secret is quoted: what is printed here ends up in the logs of CI. For the same reason the form of the password
hashes is checked here and not in the schema, whose messages quote the value.
*/}}
{{- define "ml-census.check" -}}
{{- $problems := list }}
{{- $existing := .Values.credentials.existingSecret }}

{{- if not (or .Values.config.users .Values.credentials.users $existing) }}
{{- $problems = append $problems "who may log in? Set config.users to a gs:// URI or a path, credentials.users to names and hashes (ml-census user add NAME --users users.json), or credentials.existingSecret to a Secret with the key users.json." }}
{{- end }}
{{- if and .Values.config.users .Values.credentials.users }}
{{- $problems = append $problems "config.users and credentials.users both say who may log in. Keep one." }}
{{- end }}
{{- if and $existing .Values.credentials.users }}
{{- $problems = append $problems "credentials.existingSecret and credentials.users exclude each other. Keep one." }}
{{- end }}
{{- range $name, $hash := .Values.credentials.users }}
{{- if or (not $name) (contains ":" $name) }}
{{- $problems = append $problems (printf "credentials.users.%s: a user name must not be empty or hold a colon (RFC 7617)." $name) }}
{{- end }}
{{- if not (regexMatch "^(scrypt|pbkdf2):" $hash) }}
{{- $problems = append $problems (printf "credentials.users.%s is not a password hash. Make one with: ml-census user add %s --users users.json" $name $name) }}
{{- end }}
{{- end }}

{{- if not (or .Values.config.secret .Values.credentials.signingKey $existing) }}
{{- $problems = append $problems "which key signs tokens? Set config.secret to a gs:// URI or a path, credentials.signingKey to a key (ml-census secret prints one), or credentials.existingSecret to a Secret with the key secret.txt." }}
{{- end }}
{{- if and .Values.config.secret .Values.credentials.signingKey }}
{{- $problems = append $problems "config.secret and credentials.signingKey both say which key signs tokens. Keep one." }}
{{- end }}
{{- if and $existing .Values.credentials.signingKey }}
{{- $problems = append $problems "credentials.existingSecret and credentials.signingKey exclude each other. Keep one." }}
{{- end }}
{{- if and $existing .Values.config.users .Values.config.secret }}
{{- $problems = append $problems "credentials.existingSecret has no use, since config.users and config.secret are set. Leave it out." }}
{{- end }}

{{- $grace := int64 .Values.terminationGracePeriodSeconds }}
{{- $drain := add .Values.config.drain_delay_seconds .Values.config.drain_deadline_seconds }}
{{- if le $grace $drain }}
{{- $problems = append $problems (printf "terminationGracePeriodSeconds is %d, but must be more than config.drain_delay_seconds + config.drain_deadline_seconds = %d, or pods are killed while they drain." $grace $drain) }}
{{- end }}

{{- if (.Values.autoscaling).enabled }}
{{- if gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas) }}
{{- $problems = append $problems "autoscaling.minReplicas is more than autoscaling.maxReplicas." }}
{{- end }}
{{- if not ((.Values.resources).requests).cpu }}
{{- $problems = append $problems "autoscaling needs resources.requests.cpu: CPU use is measured in percent of it." }}
{{- end }}
{{- end }}

{{- if and (.Values.test).password .Values.test.existingSecret }}
{{- $problems = append $problems "test.password and test.existingSecret exclude each other. Keep one." }}
{{- end }}
{{- if and (.Values.test).password (not .Values.test.user) }}
{{- $problems = append $problems "test.password needs test.user." }}
{{- end }}

{{- with $problems }}
{{- fail (printf "\n\n%s\n" (join "\n" .)) }}
{{- end }}
{{- end }}
