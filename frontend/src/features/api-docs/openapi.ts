/** The parts of an OpenAPI 3.1 document that the page shows. */
export interface Document {
  info: { title: string; version: string; description: string };
  security: Requirement[];
  tags: { name: string; description: string }[];
  paths: Record<string, Partial<Record<Method, RawOperation>>>;
  components: {
    securitySchemes: Record<string, SecurityScheme>;
    parameters: Record<string, Parameter>;
    responses: Record<string, Response>;
    schemas: Record<string, Schema>;
  };
}

export const methods = ["get", "post", "patch", "delete"] as const;
export type Method = (typeof methods)[number];

/** By name of the scheme; an empty one: nobody has to be signed in. */
export type Requirement = Record<string, string[]>;

export interface Ref {
  $ref: string;
}

export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  enum?: (string | null)[];
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  oneOf?: Schema[];
  additionalProperties?: boolean | Schema;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  example?: unknown;
}

export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description: string;
  schema: Schema;
  example?: unknown;
}

export interface Media {
  schema: Schema;
  example?: unknown;
  examples?: Record<string, { summary?: string; value: unknown }>;
}

export interface Response {
  description: string;
  headers?: Record<string, { description?: string; schema?: Schema } | Ref>;
  content?: Record<string, Media>;
}

export interface RawOperation {
  operationId: string;
  tags: string[];
  summary: string;
  description: string;
  security?: Requirement[];
  parameters?: (Parameter | Ref)[];
  requestBody?: { required?: boolean; description?: string; content: Record<string, Media> };
  responses: Record<string, Response | Ref>;
}

export type SecurityScheme =
  | { type: "apiKey"; in: string; name: string; description: string }
  | { type: "http"; scheme: string; bearerFormat?: string; description: string };
