{{/*
What exposes the Service. Each of these is empty for no.
*/}}
{{- define "ml-census.ownGateway" -}}
{{- if and (.Values.gateway).enabled (not .Values.gateway.parentRefs) }}true{{ end }}
{{- end }}

{{- define "ml-census.gatewayTLS" -}}
{{- if or .Values.gateway.certificateMap .Values.gateway.tlsSecret }}true{{ end }}
{{- end }}

{{- define "ml-census.ingressTLS" -}}
{{- if or .Values.ingress.managedCertificate .Values.ingress.tlsSecret }}true{{ end }}
{{- end }}

{{/*
Whether Google's load balancer is told of the server: behind a Gateway, behind an Ingress.
*/}}
{{- define "ml-census.googleGateway" -}}
{{- if and (.Values.gateway).enabled (.Values.googleLoadBalancer).enabled (or .Values.gateway.parentRefs (hasPrefix "gke-" .Values.gateway.className)) }}true{{ end }}
{{- end }}

{{- define "ml-census.googleIngress" -}}
{{- if and (.Values.ingress).enabled (.Values.googleLoadBalancer).enabled (has .Values.ingress.className (list "gce" "gce-internal")) }}true{{ end }}
{{- end }}

{{/*
It redirects to HTTPS, which only the load balancer for the internet can.
*/}}
{{- define "ml-census.frontendConfig" -}}
{{- if and (include "ml-census.googleIngress" .) (eq .Values.ingress.className "gce") (include "ml-census.ingressTLS" .) }}true{{ end }}
{{- end }}

{{/*
Two failed questions, ten seconds, and a pod is left out.
*/}}
{{- define "ml-census.googleHealthCheck" -}}
checkIntervalSec: 5
timeoutSec: 5
healthyThreshold: 1
unhealthyThreshold: 2
{{- end }}

{{/*
The Service's annotations, as YAML: those that link it to GKE's objects, and the user's.
*/}}
{{- define "ml-census.serviceAnnotations" -}}
{{- $own := dict }}
{{- if include "ml-census.googleIngress" . }}
{{- $_ := set $own "cloud.google.com/neg" `{"ingress": true}` }}
{{- $_ := set $own "cloud.google.com/backend-config" (printf `{"default": "%s"}` (include "ml-census.fullname" .)) }}
{{- end }}
{{- if .Values.service.internal }}
{{- $_ := set $own "networking.gke.io/load-balancer-type" "Internal" }}
{{- end }}
{{- with merge (deepCopy (.Values.service.annotations | default dict)) $own }}
{{- toYaml . }}
{{- end }}
{{- end }}
