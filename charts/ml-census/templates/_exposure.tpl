{{/*
Conditions about Gateway, Ingress and Google's load balancer. Each template returns "true" or an empty text, except the last two
templates of this file.

"true" if the chart creates a Gateway.
*/}}
{{- define "ml-census.ownGateway" -}}
{{- if and (.Values.gateway).enabled (not .Values.gateway.parentRefs) }}true{{ end }}
{{- end }}

{{- define "ml-census.gatewayTLS" -}}
{{- if or .Values.gateway.certificateMap .Values.gateway.tlsSecret }}true{{ end }}
{{- end }}

{{- define "ml-census.ingressTLS" -}}
{{- if or .Values.ingress.managedCertificate .Values.ingress.tlsSecret (hasKey (.Values.ingress.annotations | default dict) "ingress.gcp.kubernetes.io/pre-shared-cert") }}true{{ end }}
{{- end }}

{{/*
"true" if the chart creates the policies of Google's load balancer: googleGateway for a Gateway, googleIngress for an Ingress,
googleProxy for either.
*/}}
{{- define "ml-census.googleGateway" -}}
{{- if and (.Values.gateway).enabled (.Values.googleLoadBalancer).enabled (or .Values.gateway.parentRefs (hasPrefix "gke-" .Values.gateway.className)) }}true{{ end }}
{{- end }}

{{- define "ml-census.googleIngress" -}}
{{- if and (.Values.ingress).enabled (.Values.googleLoadBalancer).enabled (has .Values.ingress.className (list "gce" "gce-internal")) }}true{{ end }}
{{- end }}

{{- define "ml-census.googleProxy" -}}
{{- if or (include "ml-census.googleGateway" .) (include "ml-census.googleIngress" .) }}true{{ end }}
{{- end }}

{{/*
"true" if the chart creates a FrontendConfig, which redirects HTTP to HTTPS. Only GKE's external load balancer (class gce) supports
this redirect.
*/}}
{{- define "ml-census.frontendConfig" -}}
{{- if and (include "ml-census.googleIngress" .) (eq .Values.ingress.className "gce") (include "ml-census.ingressTLS" .) }}true{{ end }}
{{- end }}

{{/*
Health check of Google's load balancer. The load balancer stops sending requests to a pod after two failed checks within ten seconds.
*/}}
{{- define "ml-census.googleHealthCheck" -}}
checkIntervalSec: 5
timeoutSec: 5
healthyThreshold: 1
unhealthyThreshold: 2
{{- end }}

{{/*
Annotations of the Service as YAML: the value service.annotations, and the annotations that GKE needs for Ingress and load balancer.
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
