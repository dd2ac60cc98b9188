import { tokens } from "./host";

export interface CrmRecord {
  id: string;
  fields: Record<string, string>;
  deleted: boolean;
}

/** A sandbox CRM, as a person who works in it sees and changes it. */
export class Crm {
  constructor(
    private readonly kind: keyof typeof tokens,
    private readonly url: string,
  ) {}

  /** Every record that is not deleted. */
  async records(): Promise<CrmRecord[]> {
    const { records } = (await this.ask("GET", "records?limit=1000")) as { records: CrmRecord[] };
    return records.filter((record) => !record.deleted);
  }

  async find(text: string): Promise<CrmRecord | undefined> {
    return (await this.records()).find((record) => Object.values(record.fields).some((value) => value.includes(text)));
  }

  async create(fields: Record<string, string>): Promise<void> {
    await this.ask("POST", "records", [fields]);
  }

  /** As create, but the CRM tells nobody: the next look at it finds the record. */
  async createUnnoticed(fields: Record<string, string>): Promise<void> {
    await this.ask("POST", "records?silent=true", [fields]);
  }

  async edit(id: string, fields: Record<string, string>): Promise<void> {
    await this.ask("PATCH", `records/${id}`, fields);
  }

  async remove(id: string): Promise<void> {
    await this.ask("DELETE", `records/${id}`);
  }

  /** Makes a text field of contacts, through the vendor's own API. */
  async makeField(name: string): Promise<void> {
    const [path, headers, field] =
      this.kind === "hubspot"
        ? [
            "/crm/properties/2026-03/contacts",
            { Authorization: `Bearer ${tokens.hubspot}` },
            { name, label: name, groupName: "contactinformation", type: "string", fieldType: "text" },
          ]
        : ["/api/v2/personFields", { "x-api-token": tokens.pipedrive }, { field_name: name, field_type: "varchar" }];
    const response = await fetch(this.url + path, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers } as Record<string, string>,
      body: JSON.stringify(field),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  }

  /** Answers the product's next calls late, so that work takes long enough to be watched. */
  async slow(delay: string): Promise<void> {
    await this.ask("POST", "faults", [{ times: -1, delay }]);
  }

  /** Refuses the product's next calls to a path with a status. */
  async refuse(pathPrefix: string, status: number, message: string): Promise<void> {
    await this.ask("POST", "faults", [{ times: -1, pathPrefix, status, body: JSON.stringify({ status: "error", category: "VALIDATION_ERROR", message }) }]);
  }

  /** Grants the product's app these scopes only; null grants all. */
  async grant(scopes: string[] | null): Promise<void> {
    await this.ask("PATCH", "knobs", { scopes });
  }

  /** Refuses the product's token, or takes it again. */
  async revoke(revoked: boolean): Promise<void> {
    await this.ask("PATCH", "knobs", { revoked });
  }

  async normal(): Promise<void> {
    await this.ask("DELETE", "faults");
  }

  private async ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.url}/__sandbox/${path}`, {
      method,
      headers: { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }
}
