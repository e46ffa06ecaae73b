// Speaks to the local ClickHouse as Grafana's data source does, and prints what it saw as JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/ext"
)

var methods = map[string]clickhouse.CompressionMethod{
	"none": clickhouse.CompressionNone,
	"lz4":  clickhouse.CompressionLZ4,
	"zstd": clickhouse.CompressionZSTD,
	"gzip": clickhouse.CompressionGZIP,
}

type seen struct {
	Parameter string
	Sent      uint64
	Streamed  uint64
	Sum       uint64
	Code      int32
	External  uint64
	Session   uint64
	Cancelled bool
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func open(method string, settings clickhouse.Settings) clickhouse.Conn {
	connection, err := clickhouse.Open(&clickhouse.Options{
		Protocol:    clickhouse.HTTP,
		Addr:        []string{os.Getenv("ADDRESS")},
		Auth:        clickhouse.Auth{Database: os.Getenv("DATABASE"), Username: os.Getenv("CLIENT"), Password: os.Getenv("PASSWORD")},
		Compression: &clickhouse.Compression{Method: methods[method], Level: 1},
		Settings:    settings,
	})
	must(err)
	must(connection.Ping(context.Background()))
	return connection
}

func insert(connection clickhouse.Conn) uint64 {
	ctx := context.Background()
	batch, err := connection.PrepareBatch(ctx, "INSERT INTO sent (a, s)")
	must(err)
	for number := range 1000 {
		must(batch.Append(uint64(number), fmt.Sprintf("row %d", number)))
	}
	must(batch.Send())
	var count uint64
	must(connection.QueryRow(ctx, "SELECT count() FROM sent WHERE s = concat('row ', toString(a))").Scan(&count))
	must(connection.Exec(ctx, "TRUNCATE TABLE sent"))
	return count
}

func stream(connection clickhouse.Conn) (count, sum uint64) {
	rows, err := connection.Query(context.Background(), "SELECT number, toString(number) FROM numbers(100000)")
	must(err)
	defer rows.Close()
	var number uint64
	var text string
	for rows.Next() {
		must(rows.Scan(&number, &text))
		count++
		sum += number
	}
	must(rows.Err())
	return count, sum
}

func code(connection clickhouse.Conn) int32 {
	_, err := connection.Query(context.Background(), "SELECT * FROM nothing_of_this_name")
	var told *clickhouse.Exception
	if errors.As(err, &told) {
		return told.Code
	}
	panic(err)
}

func external(connection clickhouse.Conn) (sum uint64) {
	table, err := ext.NewTable("brought", ext.Column("a", "UInt64"), ext.Column("s", "String"))
	must(err)
	must(table.Append(uint64(40), "x"))
	must(table.Append(uint64(2), "y"))
	ctx := clickhouse.Context(context.Background(), clickhouse.WithExternalTable(table))
	must(connection.QueryRow(ctx, "SELECT sum(a) FROM brought").Scan(&sum))
	return sum
}

func session(method string) (sum uint64) {
	ctx := context.Background()
	connection := open(method, clickhouse.Settings{"session_id": "go-" + method + fmt.Sprint(time.Now().UnixNano())})
	defer connection.Close()
	must(connection.Exec(ctx, "CREATE TEMPORARY TABLE kept (a UInt64)"))
	must(connection.Exec(ctx, "INSERT INTO kept SELECT number FROM numbers(10)"))
	must(connection.QueryRow(ctx, "SELECT sum(a) FROM kept").Scan(&sum))
	return sum
}

func cancelled(connection clickhouse.Conn) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	_, err := connection.Query(ctx, "SELECT count() FROM numbers(100000000000) WHERE NOT ignore(sipHash64(number))")
	return errors.Is(err, context.DeadlineExceeded)
}

func main() {
	all := map[string]seen{}
	for _, method := range os.Args[1:] {
		connection := open(method, nil)
		told := seen{Code: code(connection), External: external(connection)}
		if os.Getenv("READS_ONLY") == "" {
			told.Sent, told.Session = insert(connection), session(method)
		}
		must(connection.QueryRow(context.Background(), "SELECT {told:String}", clickhouse.Named("told", "it's\n漢")).Scan(&told.Parameter))
		told.Streamed, told.Sum = stream(connection)
		told.Cancelled = cancelled(connection)
		connection.Close()
		all[method] = told
	}
	must(json.NewEncoder(os.Stdout).Encode(all))
}
