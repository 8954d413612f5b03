{{/*
The name that all objects have in common: the override, or release and chart, the chart only where the release does not
say it already. Dots may stand in the name of a release, but not in that of a Service.
*/}}
{{- define "ml-census.baseName" -}}
{{- $chart := .Values.nameOverride | default .Chart.Name }}
{{- $name := contains $chart .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $chart) }}
{{- .Values.fullnameOverride | default $name | replace "." "-" }}
{{- end }}

{{/*
An object's name of at most 63 characters. What is too long is cut before the suffix, so that two objects never share a
name. Call: include "ml-census.suffixed" (list . "config")
*/}}
{{- define "ml-census.suffixed" -}}
{{- $suffix := printf "-%s" (last .) }}
{{- include "ml-census.baseName" (first .) | trunc (int (sub 63 (len $suffix))) | trimAll "-" }}{{ $suffix }}
{{- end }}

{{- define "ml-census.fullname" -}}
{{- include "ml-census.baseName" . | trunc 63 | trimAll "-" }}
{{- end }}

{{- define "ml-census.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimAll "-" }}
{{- end }}

{{/*
What selects the pods. It must never change: Kubernetes does not let an existing Deployment change its selector.
*/}}
{{- define "ml-census.selectorLabels" -}}
app.kubernetes.io/name: {{ include "ml-census.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "ml-census.commonLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimAll "-" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "ml-census.labels" -}}
{{ include "ml-census.selectorLabels" . }}
{{ include "ml-census.commonLabels" . }}
{{- end }}

{{- define "ml-census.monitorLabels" -}}
{{ include "ml-census.labels" . }}
{{- with .Values.metrics.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/*
The test's labels: another name than the server's, or the Service would count the test's pod among its own.
*/}}
{{- define "ml-census.testSelectorLabels" -}}
app.kubernetes.io/name: {{ include "ml-census.name" . | trunc 58 | trimAll "-" }}-test
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "ml-census.testLabels" -}}
{{ include "ml-census.testSelectorLabels" . }}
{{ include "ml-census.commonLabels" . }}
{{- end }}

{{/*
How many pods there are at least.
*/}}
{{- define "ml-census.fewestReplicas" -}}
{{- if (.Values.autoscaling).enabled }}{{ .Values.autoscaling.minReplicas }}{{ else }}{{ .Values.replicaCount }}{{ end }}
{{- end }}

{{- define "ml-census.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (.Values.serviceAccount.create | ternary (include "ml-census.fullname" .) "default") }}
{{- end }}

{{- define "ml-census.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) }}
{{- end }}
{{- end }}

{{/*
The part that is the same for every pod of the chart: it meets the restricted Pod Security Standard.
*/}}
{{- define "ml-census.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "ml-census.container" -}}
image: {{ include "ml-census.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop:
      - ALL
{{- with .Values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/*
The rule for those who answer questions about names; empty when nobody may be asked.
*/}}
{{- define "ml-census.egressToDNS" -}}
{{- with .Values.networkPolicy.dns }}
- ports:
    - port: 53
      protocol: UDP
    - port: 53
      protocol: TCP
  to:
    {{- range . }}
    {{- if eq . "cloud-dns" }}
    - ipBlock:
        cidr: 169.254.169.254/32
    {{- else if regexMatch "^[0-9.]+$" . }}
    - ipBlock:
        cidr: {{ . }}/32
    {{- else }}
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: kube-system
      podSelector:
        matchLabels:
          k8s-app: {{ eq . "node-local" | ternary "node-local-dns" . }}
    {{- end }}
    {{- if eq . "node-local" }}
    - ipBlock:
        cidr: 169.254.20.10/32
    {{- end }}
    {{- end }}
{{- end }}
{{- end }}
