// Talks to a registry with the client of franz-go, unmodified. Usage: go run . URL
// Prints one JSON object: for each format the id and the message in hex. Any surprise ends it with an error.
package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/sr"
)

type sent struct {
	ID      int    `json:"id"`
	Message string `json:"message"`
}

const (
	money  = `{"type":"record","name":"Money","namespace":"franz","fields":[{"name":"cents","type":"long"}]}`
	order  = `{"type":"record","name":"Order","namespace":"franz","fields":[{"name":"total","type":"franz.Money"}]}`
	broken = `{"type":"record","name":"Money","namespace":"franz","fields":[{"name":"cents","type":"long"},{"name":"unit","type":"string"}]}`
	proto  = "syntax = \"proto3\";\npackage franz;\nmessage Parcel {\n  string id = 1;\n}\n"
	note   = `{"type":"object","properties":{"id":{"type":"string"}}}`
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func check(ok bool, what string, about ...any) {
	if !ok {
		log.Fatalf(what, about...)
	}
}

func main() {
	log.SetFlags(log.Lshortfile)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client := must(sr.NewClient(sr.URLs(os.Args[1])))
	result := map[string]sent{}

	check(len(must(client.SupportedTypes(ctx))) == 3, "three formats are supported")
	first := must(client.CreateSchema(ctx, "franz-money", sr.Schema{Schema: money}))
	references := []sr.SchemaReference{{Name: "franz.Money", Subject: "franz-money", Version: 1}}
	schemas := map[string]sr.Schema{
		"avro":     {Schema: order, References: references},
		"protobuf": {Schema: proto, Type: sr.TypeProtobuf},
		"json":     {Schema: note, Type: sr.TypeJSON},
	}
	for kind, schema := range schemas {
		subject := "franz-" + kind + "-value"
		made := must(client.CreateSchema(ctx, subject, schema))
		again := must(client.CreateSchema(ctx, subject, schema))
		check(again.ID == made.ID && made.Version == 1, "%s: %+v, then %+v", kind, made, again)
		found := must(client.LookupSchema(ctx, subject, schema))
		check(found.ID == made.ID, "%s: looked up as %+v", kind, found)
		byID := must(client.SchemaByID(ctx, made.ID))
		check(byID.Type == schema.Type && len(byID.References) == len(schema.References), "%s: by id %+v", kind, byID)
		latest := must(client.SchemaByVersion(ctx, subject, -1))
		check(latest.Version == 1 && latest.Subject == subject, "%s: latest %+v", kind, latest)
		usages := must(client.SchemaUsagesByID(ctx, made.ID))
		check(len(usages) == 1, "%s: used by %+v", kind, usages)
		var serde sr.Serde
		serde.Register(made.ID, map[string]string{}, sr.EncodeFn(json.Marshal), sr.DecodeFn(json.Unmarshal))
		bytes := must(serde.Encode(map[string]string{"id": kind}))
		result[kind] = sent{made.ID, hex.EncodeToString(bytes)}
	}
	referring := must(client.SchemaReferences(ctx, "franz-money", 1))
	check(len(referring) == 1 && referring[0].Subject == "franz-avro-value", "referred to by %+v", referring)

	verdict := must(client.CheckCompatibility(ctx, "franz-money", -1, sr.Schema{Schema: broken}))
	check(!verdict.Is, "a field without a default breaks: %+v", verdict)
	_, err := client.CreateSchema(ctx, "franz-money", sr.Schema{Schema: broken})
	var refusal *sr.ResponseError
	check(errors.As(err, &refusal) && refusal.StatusCode == 409, "a break is refused with 409: %v", err)
	_, err = client.SchemaByID(ctx, 999999)
	check(errors.As(err, &refusal) && refusal.ErrorCode == 40403, "an unknown id is 40403: %v", err)

	level := client.SetCompatibility(ctx, sr.SetCompatibility{Level: sr.CompatFullTransitive}, "franz-money")[0]
	check(level.Err == nil && level.Level == sr.CompatFullTransitive, "the level is set: %+v", level)
	mode := client.SetMode(ctx, sr.ModeReadOnly, "franz-money")[0]
	check(mode.Err == nil && mode.Mode == sr.ModeReadOnly, "the mode is set: %+v", mode)
	check(client.ResetMode(ctx, "franz-money")[0].Err == nil, "the mode is taken away")

	subjects := must(client.Subjects(ctx))
	check(len(subjects) == 4 && slices.IsSorted(subjects), "subjects: %v", subjects)
	_, err = client.DeleteSubject(ctx, "franz-money", sr.SoftDelete)
	check(errors.As(err, &refusal) && refusal.ErrorCode == 42206, "what is referred to stays: %v", err)
	must(client.CreateSchema(ctx, "franz-gone", schemas["json"]))
	check(len(must(client.DeleteSubject(ctx, "franz-gone", sr.SoftDelete))) == 1, "one version is deleted")
	check(len(must(client.Subjects(sr.WithParams(ctx, sr.ShowDeleted)))) == 5, "a deleted subject is still there")
	must(client.DeleteSubject(ctx, "franz-gone", sr.HardDelete))
	check(len(must(client.Subjects(sr.WithParams(ctx, sr.ShowDeleted)))) == 4, "until it is deleted for good")
	check(first.ID > 0, "ids begin at one: %+v", first)
	fmt.Println(string(must(json.Marshal(result))))
}
