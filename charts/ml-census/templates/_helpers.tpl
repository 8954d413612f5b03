{{/*
Base name of all objects: the override, or the names of release and chart. The chart is left out if the release contains it.
A release name may contain dots, which a Service name must not.
*/}}
{{- define "ml-census.baseName" -}}
{{- $chart := .Values.nameOverride | default .Chart.Name }}
{{- $name := contains $chart .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $chart) }}
{{- .Values.fullnameOverride | default $name | replace "." "-" }}
{{- end }}

{{/*
Name of an object, maximum 63 characters. A long name is cut before the suffix, so that two objects never share a
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
Selector labels of the pods. They must never change, since the selector of a Deployment is immutable.
*/}}
{{- define "ml-census.selectorLabels" -}}
app.kubernetes.io/name: {{ include "ml-census.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "ml-census.chartLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimAll "-" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "ml-census.labels" -}}
{{ include "ml-census.selectorLabels" . }}
{{ include "ml-census.chartLabels" . }}
{{- end }}

{{/*
Metadata of an object. "root" and "name" are required; "labels" and "annotations" are of this object alone, and "base" is the
template of its other labels.
*/}}
{{- define "ml-census.metadata" -}}
name: {{ .name }}
labels:
  {{- include (.base | default "ml-census.labels") .root | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge (deepCopy (.annotations | default dict)) (.root.Values.commonAnnotations | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/*
Labels of the test pod. The name differs from the server's, or the Service would select the test pod.
*/}}
{{- define "ml-census.testSelectorLabels" -}}
app.kubernetes.io/name: {{ include "ml-census.name" . | trunc 58 | trimAll "-" }}-test
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "ml-census.testLabels" -}}
{{ include "ml-census.testSelectorLabels" . }}
{{ include "ml-census.chartLabels" . }}
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
Common part of all pods.
*/}}
{{- define "ml-census.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
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
  {{- toYaml .Values.securityContext | nindent 2 }}
{{- with .Values.resources }}
resources:
  {{- include "ml-census.resources" $ | nindent 2 }}
{{- end }}
{{- end }}

{{/*
Egress rule for DNS servers; empty if there are none.
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
