CREATE TABLE "log_pipelines" (
	"tenant_id" integer NOT NULL,
	"name" text NOT NULL,
	"definition" jsonb NOT NULL,
	"changed_ms" bigint NOT NULL,
	"changed_by" text NOT NULL,
	CONSTRAINT "log_pipelines_tenant_id_name_pk" PRIMARY KEY("tenant_id","name")
);
--> statement-breakpoint
ALTER TABLE "log_pipelines" ADD CONSTRAINT "log_pipelines_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;