{{/*
Base name of all objects: fullnameOverride, or RELEASE-CHART. If the release name contains the chart name, the base name is the release
name alone. A release name may contain dots. The template replaces dots, since the name of a Service must not contain dots.
*/}}
{{- define "ml-census.baseName" -}}
{{- $chart := .Values.nameOverride | default .Chart.Name }}
{{- $name := contains $chart .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $chart) }}
{{- .Values.fullnameOverride | default $name | replace "." "-" }}
{{- end }}

{{/*
Name of an object: the base name and a suffix, maximum 63 characters. The template truncates the base name and keeps the suffix, so that
objects with different suffixes have different names. Call: include "ml-census.suffixed" (list . "config")
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
Labels by which Deployment, Service and other objects select the pods. These labels must never change, since the selector of a
Deployment is immutable.
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
Metadata of an object. The argument is a dict: "root" is the context of the chart, and "name" is the name of the object. Optional keys:
"labels" and "annotations" are additional labels and annotations of the object. "base" is the name of the template with the common
labels, by default "ml-census.labels".
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
Labels by which the NetworkPolicies select the pod of `helm test`. The label app.kubernetes.io/name differs from the label of the server
pods, so that the Service does not select the test pod.
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
Fields of the pod spec that all pods of the chart have in common.
*/}}
{{- define "ml-census.podBase" -}}
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
{{- end }}

{{/*
Fields of the pod spec that the server pods and the pod of `helm test` have in common.
*/}}
{{- define "ml-census.pod" -}}
{{ include "ml-census.podBase" . }}
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
Egress rule of a NetworkPolicy for the DNS servers in networkPolicy.dns. Empty if the list is empty.
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

{{/*
Egress rules of the NetworkPolicies of the server and of the batch pods. Empty if all egress is denied.
*/}}
{{- define "ml-census.egress" -}}
{{- include "ml-census.egressToDNS" . }}
{{- if .Values.networkPolicy.metadataServer }}
{{- /* Metadata server: cloud.google.com/kubernetes-engine/docs/how-to/network-policy#network-policy-and-workload-identity */}}
- ports:
    - port: 80
    - port: 988
  to:
    - ipBlock:
        cidr: 169.254.169.254/32
    - ipBlock:
        cidr: 169.254.169.252/32
{{- end }}
{{- if .Values.networkPolicy.https }}
- ports:
    - port: 443
  to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except:
          {{- /* Private ranges, which a VPC can contain: cloud.google.com/vpc/docs/subnets#valid-ranges */}}
          - 10.0.0.0/8
          - 100.64.0.0/10
          - 169.254.0.0/16
          - 172.16.0.0/12
          - 192.0.0.0/24
          - 192.0.2.0/24
          - 192.88.99.0/24
          - 192.168.0.0/16
          - 198.18.0.0/15
          - 198.51.100.0/24
          - 203.0.113.0/24
          - 240.0.0.0/4
    - ipBlock:
        cidr: ::/0
        except:
          - fc00::/7
          - fe80::/10
{{- end }}
{{- with .Values.networkPolicy.extraEgress }}
{{- toYaml . | nindent 0 }}
{{- end }}
{{- end }}
