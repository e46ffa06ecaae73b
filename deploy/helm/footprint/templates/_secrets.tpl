{{/* Which key of the Secret fills which setting of a part: JSON {setting: {key, optional}}. A part sees its own and no other. */}}
{{- define "footprint.secrets" -}}
{{- $v := .root.Values -}}
{{- $found := dict -}}
{{- if has .part (list "collector" "console") -}}
  {{- $_ := set $found "WRITE_KEYS" "write-keys" -}}
{{- end -}}
{{- if has .part (list "collector" "rebuild" "console") -}}
  {{- $_ := set $found "SECRET_KEYS" "secret-keys" -}}
{{- end -}}
{{- if include "footprint.store" .part -}}
  {{- if hasKey $v.clickhouse.users .part -}}
    {{- $_ := set $found "CLICKHOUSE_PASSWORD" (printf "clickhouse-password-%s" .part) -}}
  {{- else -}}
    {{- $_ := set $found "CLICKHOUSE_PASSWORD" (ternary "clickhouse-analyst-password" "clickhouse-password" (eq .part "console")) -}}
  {{- end -}}
{{- end -}}
{{- if include "footprint.kafka" .part -}}
  {{- if hasKey $v.kafka.users .part -}}
    {{- $_ := set $found "KAFKA_SASL_PASSWORD" (printf "kafka-password-%s" .part) -}}
  {{- else if $v.kafka.username -}}
    {{- $_ := set $found "KAFKA_SASL_PASSWORD" "kafka-password" -}}
  {{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end }}

{{/* Not empty for a part that talks to Kafka; the same for ClickHouse. */}}
{{- define "footprint.kafka" -}}
{{- if has . (list "collector" "streams" "profiles" "sink" "webhooks" "rebuild" "topics" "console") }}yes{{ end -}}
{{- end }}
{{- define "footprint.store" -}}
{{- if has . (list "sink" "rebuild" "migrate" "console") }}yes{{ end -}}
{{- end }}

{{/* The address of the store with its user in it. */}}
{{- define "footprint.storeUrl" -}}
{{- $c := .root.Values.clickhouse -}}
{{- $user := get $c.users .part | default (ternary $c.analyst $c.user (eq .part "console")) -}}
{{- $parts := splitn "://" 2 $c.url -}}
{{- printf "%s://%s@%s" $parts._0 $user $parts._1 -}}
{{- end }}
