{{- define "gateway.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimAll "-" -}}
{{- end -}}

{{/* Short enough for the pods of a StatefulSet, and for the suffix of its Service. */}}
{{- define "gateway.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimAll "-" -}}
{{- else if contains (include "gateway.name" .) .Release.Name -}}
{{- .Release.Name | trunc 52 | trimAll "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "gateway.name" .) | trunc 52 | trimAll "-" -}}
{{- end -}}
{{- end -}}

{{/* For objects outside of the release's namespace, where another release may have the same name. No namespace has a dot in it, so no two are joined to the same. */}}
{{- define "gateway.farName" -}}
{{- printf "%s.%s" .Release.Namespace (include "gateway.fullname" .) -}}
{{- end -}}

{{/* The metadata of what tells a Prometheus: call with a dict of root and the value, which may name another namespace. */}}
{{- define "gateway.monitorMetadata" -}}
{{- $home := .root.Release.Namespace -}}
{{- $namespace := default $home .value.namespace -}}
name: {{ include (ternary "gateway.fullname" "gateway.farName" (eq $namespace $home)) .root | quote }}
namespace: {{ $namespace | quote }}
labels:
  {{- include "gateway.labelsWith" (dict "root" .root "more" .value.labels) | nindent 2 }}
{{- with .value.annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Of a duration such as 1m30s. */}}
{{- define "gateway.milliseconds" -}}
{{- $units := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 "d" 86400000 "w" 604800000 "y" 31536000000 -}}
{{- $sum := 0 -}}
{{- range regexFindAll "[0-9]+[a-z]+" . -1 -}}
{{- $sum = add $sum (mul (regexFind "[0-9]+" . | atoi) (get $units (regexFind "[a-z]+" .))) -}}
{{- end -}}
{{- $sum -}}
{{- end -}}

{{- define "gateway.selectorLabels" -}}
app.kubernetes.io/name: {{ include "gateway.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
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
