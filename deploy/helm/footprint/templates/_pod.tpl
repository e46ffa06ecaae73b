{{/* A value as the program reads it: Helm would write 3221225472 as 3.221225472e+09, and yes as true. */}}
{{- define "footprint.text" -}}
{{- if kindIs "bool" . }}{{ ternary "1" "0" . }}{{ else if and (kindIs "float64" .) (eq . (floor .)) }}{{ int64 . }}{{ else }}{{ . }}{{ end -}}
{{- end }}

{{/* Environment of a part. Nothing in it is a secret: these come as files. */}}
{{- define "footprint.env" -}}
{{- $root := .root }}{{ $v := .root.Values }}{{ $part := .part -}}
{{- $env := dict "FOOTPRINT_DATA_DIR" "/var/lib/footprint" -}}
{{- range $name, $value := $v.settings -}}
  {{- $_ := set $env (printf "FOOTPRINT_%s" (upper $name)) (include "footprint.text" $value) -}}
{{- end -}}
{{- if include "footprint.kafka" $part -}}
  {{- $_ := set $env "FOOTPRINT_KAFKA_BOOTSTRAP" $v.kafka.bootstrap -}}
  {{- $_ := set $env "FOOTPRINT_KAFKA_SECURITY_PROTOCOL" $v.kafka.securityProtocol -}}
  {{- $_ := set $env "FOOTPRINT_PARTITIONS" (toString $v.kafka.partitions) -}}
  {{- $_ := set $env "FOOTPRINT_REPLICATION" (toString $v.kafka.replication) -}}
  {{- $user := get $v.kafka.users $part | default $v.kafka.username -}}
  {{- if $user -}}
    {{- $_ := set $env "FOOTPRINT_KAFKA_SASL_MECHANISM" $v.kafka.saslMechanism -}}
    {{- $_ := set $env "FOOTPRINT_KAFKA_SASL_USERNAME" $user -}}
  {{- end -}}
  {{- if $v.kafka.caSecret }}{{ $_ := set $env "FOOTPRINT_KAFKA_CA_FILE" "/run/tls/kafka-ca/ca.crt" }}{{ end -}}
  {{- if $v.kafka.certificateSecret -}}
    {{- $_ := set $env "FOOTPRINT_KAFKA_CERTIFICATE_FILE" "/run/tls/kafka/tls.crt" -}}
    {{- $_ := set $env "FOOTPRINT_KAFKA_KEY_FILE" "/run/tls/kafka/tls.key" -}}
  {{- end -}}
{{- end -}}
{{- if include "footprint.store" $part -}}
  {{- $_ := set $env "FOOTPRINT_CLICKHOUSE_URL" (include "footprint.storeUrl" .) -}}
  {{- if $v.clickhouse.caSecret }}{{ $_ := set $env "FOOTPRINT_CLICKHOUSE_CA_FILE" "/run/tls/clickhouse-ca/ca.crt" }}{{ end -}}
  {{- if $v.clickhouse.certificateSecret -}}
    {{- $_ := set $env "FOOTPRINT_CLICKHOUSE_CERTIFICATE_FILE" "/run/tls/clickhouse/tls.crt" -}}
    {{- $_ := set $env "FOOTPRINT_CLICKHOUSE_KEY_FILE" "/run/tls/clickhouse/tls.key" -}}
  {{- end -}}
{{- end -}}
{{- range $setting, $key := include "footprint.secrets" . | fromJson -}}
  {{- $_ := set $env (printf "FOOTPRINT_%s_FILE" $setting) (printf "/run/secrets/footprint/%s" $key) -}}
{{- end -}}
{{- if not .job }}{{ $_ := set $env "FOOTPRINT_CONFIG" "/etc/footprint/footprint.toml" }}{{ end -}}
{{- range $name, $value := .env | default dict }}{{ $_ := set $env $name (toString $value) }}{{ end -}}
{{- range $name, $value := $env }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{/* One container, hardened; (dict "root" "part" "args" "job" "env" "mounts" "probes"). */}}
{{- define "footprint.container" -}}
{{- $v := .root.Values -}}
name: {{ .part }}
image: {{ include "footprint.image" .root | quote }}
imagePullPolicy: {{ $v.image.pullPolicy }}
args: {{ toJson .args }}
env: {{- include "footprint.env" . | nindent 2 }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
resources: {{- toYaml .resources | nindent 2 }}
{{- if not .job }}
ports:
  - { name: http, containerPort: {{ include "footprint.port" .part }} }
startupProbe:
  httpGet: { path: /live, port: http }
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: { path: /live, port: http }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet: { path: /ready, port: http }
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
{{- end }}
{{- if eq .part "collector" }}
# Traffic stops before the process does: whoever balances has heard of it by then.
lifecycle:
  preStop:
    sleep: { seconds: 5 }
{{- end }}
volumeMounts:
  - { name: tmp, mountPath: /tmp }
  {{- if has .part (list "collector" "rebuild" "console") }}
  - { name: shared, mountPath: /var/lib/footprint }
  {{- end }}
  {{- if eq .part "collector" }}
  - { name: spool, mountPath: /var/spool/footprint }
  {{- end }}
  {{- if not .job }}
  - { name: config, mountPath: /etc/footprint, readOnly: true }
  {{- if $v.extraSecret }}
  - { name: extra, mountPath: /run/secrets/extra, readOnly: true }
  {{- end }}
  {{- end }}
  {{- if include "footprint.secrets" . | fromJson }}
  - { name: secrets, mountPath: /run/secrets/footprint, readOnly: true }
  {{- end }}
  {{- range include "footprint.tls" . | fromJsonArray }}
  - { name: {{ .name }}, mountPath: /run/tls/{{ .name }}, readOnly: true }
  {{- end }}
{{- end }}

{{/* Secrets with certificates that a part mounts: JSON [{name, secret}]. */}}
{{- define "footprint.tls" -}}
{{- $v := .root.Values -}}
{{- $found := list -}}
{{- if include "footprint.kafka" .part -}}
  {{- if $v.kafka.caSecret }}{{ $found = append $found (dict "name" "kafka-ca" "secret" $v.kafka.caSecret) }}{{ end -}}
  {{- if $v.kafka.certificateSecret }}{{ $found = append $found (dict "name" "kafka" "secret" $v.kafka.certificateSecret) }}{{ end -}}
{{- end -}}
{{- if include "footprint.store" .part -}}
  {{- if $v.clickhouse.caSecret }}{{ $found = append $found (dict "name" "clickhouse-ca" "secret" $v.clickhouse.caSecret) }}{{ end -}}
  {{- if $v.clickhouse.certificateSecret }}{{ $found = append $found (dict "name" "clickhouse" "secret" $v.clickhouse.certificateSecret) }}{{ end -}}
{{- end -}}
{{- toJson $found -}}
{{- end }}

{{- define "footprint.volumes" -}}
{{- $v := .root.Values -}}
- { name: tmp, emptyDir: { sizeLimit: 256Mi } }
{{- if has .part (list "collector" "rebuild" "console") }}
- name: shared
  persistentVolumeClaim: { claimName: {{ $v.shared.existingClaim | default (printf "%s-shared" (include "footprint.name" .root)) }} }
{{- end }}
{{- if not .job }}
- name: config
  configMap: { name: {{ include "footprint.name" .root }}-config }
{{- if $v.extraSecret }}
- name: extra
  secret: { secretName: {{ $v.extraSecret | quote }}, defaultMode: 0440 }
{{- end }}
{{- end }}
{{- with include "footprint.secrets" . | fromJson }}
- name: secrets
  secret:
    secretName: {{ $v.existingSecret | quote }}
    defaultMode: 0440
    items:
      {{- range $key := values . | uniq | sortAlpha }}
      - { key: {{ $key }}, path: {{ $key }} }
      {{- end }}
{{- end }}
{{- range include "footprint.tls" . | fromJsonArray }}
- name: {{ .name }}
  secret: { secretName: {{ .secret | quote }}, defaultMode: 0440 }
{{- end }}
{{- end }}

{{/* The whole pod, below `spec:` of a template. */}}
{{- define "footprint.pod" -}}
{{- $v := .root.Values -}}
automountServiceAccountToken: false
{{- if not .job }}
serviceAccountName: {{ include "footprint.name" .root }}
{{- end }}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- with $v.image.pullSecrets }}
imagePullSecrets: {{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- with $v.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $v.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $v.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- if .job }}
restartPolicy: Never
{{- else }}
terminationGracePeriodSeconds: {{ .grace }}
topologySpreadConstraints:
  {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "footprint.selector" $ | nindent 8 }}
  {{- end }}
{{- end }}
containers:
  - {{- include "footprint.container" . | nindent 4 }}
volumes: {{- include "footprint.volumes" . | nindent 2 }}
{{- end }}

{{/* `template:` of a workload, with what starts its pods anew: the settings file. */}}
{{- define "footprint.template" -}}
metadata:
  labels: {{- include "footprint.labels" . | nindent 4 }}
    {{- with .root.Values.podLabels }}{{ toYaml . | nindent 4 }}{{ end }}
  annotations:
    footprint/config: {{ sha256sum .root.Values.config | trunc 16 | quote }}
    {{- with .root.Values.podAnnotations }}{{ toYaml . | nindent 4 }}{{ end }}
spec: {{- include "footprint.pod" . | nindent 2 }}
{{- end }}
