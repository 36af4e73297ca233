{{- define "gateway.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Short enough for the pods of a StatefulSet, and for the suffix of its Service. */}}
{{- define "gateway.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains (include "gateway.name" .) .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "gateway.name" .) | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* For objects outside of the release's namespace, where another release may have the same name. */}}
{{- define "gateway.farName" -}}
{{- printf "%s-%s" .Release.Namespace (include "gateway.fullname" .) -}}
{{- end -}}

{{- define "gateway.selectorLabels" -}}
app.kubernetes.io/name: {{ include "gateway.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "gateway.labels" -}}
{{- include "gateway.labelsWith" (dict "root" . "more" dict) -}}
{{- end -}}

{{/* The labels of every object, and more of this one: call with a dict of root and more. */}}
{{- define "gateway.labelsWith" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{ include "gateway.selectorLabels" .root }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- with merge dict .more .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* What the Service has, and the Services of single shards have not: the ServiceMonitor selects by it. */}}
{{- define "gateway.wholeLabel" -}}
app.kubernetes.io/component: gateway
{{- end -}}

{{- define "gateway.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "gateway.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "gateway.isSharded" -}}
{{- if gt (int .Values.shards) 1 }}true{{ end -}}
{{- end -}}

{{/* The headless Service of the StatefulSet. */}}
{{- define "gateway.headlessName" -}}
{{- printf "%s-shards" (include "gateway.fullname" .) -}}
{{- end -}}

{{/* The Services that a Prometheus scrapes, as a list of their names: one for each shard. */}}
{{- define "gateway.services" -}}
{{- $fullname := include "gateway.fullname" . -}}
{{- $names := list -}}
{{- if include "gateway.isSharded" . -}}
{{- range $index := until (int .Values.shards) -}}
{{- $names = append $names (printf "%s-%d" $fullname $index) -}}
{{- end -}}
{{- else -}}
{{- $names = list $fullname -}}
{{- end -}}
{{- toJson (dict "names" $names) -}}
{{- end -}}

{{/* Addresses of those Services in the cluster. */}}
{{- define "gateway.addresses" -}}
{{- $addresses := list -}}
{{- range (include "gateway.services" . | fromJson).names -}}
{{- $addresses = append $addresses (printf "%s.%s.svc:%v" . $.Release.Namespace $.Values.service.port) -}}
{{- end -}}
{{- toJson (dict "addresses" $addresses) -}}
{{- end -}}

{{/* The host names for those Services: call with a dict of host and root. */}}
{{- define "gateway.hosts" -}}
{{- $hosts := list -}}
{{- if include "gateway.isSharded" .root -}}
{{- range $index := until (int .root.Values.shards) -}}
{{- $hosts = append $hosts (printf "shard-%d.%s" $index $.host) -}}
{{- end -}}
{{- else if .host -}}
{{- $hosts = list .host -}}
{{- end -}}
{{- toJson (dict "hosts" $hosts) -}}
{{- end -}}
