CREATE TABLE "links" (
	"id" text PRIMARY KEY NOT NULL,
	"path" text NOT NULL,
	"created_ms" bigint NOT NULL,
	"created_by" text NOT NULL
);
