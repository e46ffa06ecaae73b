{{/* A part without a disk or a name of its own: (dict "root" "part" "args" "resources" "grace" "replicas" "env"). */}}
{{- define "footprint.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata: {{- include "footprint.meta" . | nindent 2 }}
spec:
  replicas: {{ .replicas }}
  {{- if .alone }}
  strategy: { type: Recreate }
  {{- else }}
  strategy: { type: RollingUpdate, rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }
  {{- end }}
  selector:
    matchLabels: {{- include "footprint.selector" . | nindent 6 }}
  template: {{- include "footprint.template" . | nindent 4 }}
---
apiVersion: v1
kind: Service
metadata: {{- include "footprint.meta" . | nindent 2 }}
spec:
  selector: {{- include "footprint.selector" . | nindent 4 }}
  ports:
    - { name: http, port: {{ include "footprint.port" .part }}, targetPort: http }
{{- end }}
