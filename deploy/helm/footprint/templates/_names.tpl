{{/* Name of the release's objects. */}}
{{- define "footprint.name" -}}
{{- if contains "footprint" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-footprint" .Release.Name | trunc 40 | trimSuffix "-" }}{{ end -}}
{{- end }}

{{/* What selects the pods of a part: (dict "root" $ "part" "sink"). These never change: a selector cannot be altered. */}}
{{- define "footprint.selector" -}}
app.kubernetes.io/name: footprint
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .part | quote }}
{{- end }}

{{- define "footprint.labels" -}}
{{ include "footprint.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | quote }}
{{- end }}

{{- define "footprint.meta" -}}
name: {{ include "footprint.name" .root }}-{{ .part }}
namespace: {{ .root.Release.Namespace | quote }}
labels: {{- include "footprint.labels" . | nindent 2 }}
{{- end }}

{{- define "footprint.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest }}{{ $image.repository }}@{{ $image.digest }}{{ else }}{{ $image.repository }}:{{ $image.tag | default .Chart.AppVersion }}{{ end -}}
{{- end }}

{{/* Port of a part, of the pods and of the services before them. */}}
{{- define "footprint.port" -}}
{{- get (dict "collector" "8000" "console" "8001" "streams" "8011" "sink" "8012" "webhooks" "8013" "rebuild" "8014" "profiles" "8015") . -}}
{{- end }}

{{/* Parts that run in this release, in one line. */}}
{{- define "footprint.parts" -}}
collector streams profiles sink rebuild{{ if .Values.webhooks.enabled }} webhooks{{ end }}{{ if .Values.console.enabled }} console{{ end }}
{{- end }}
