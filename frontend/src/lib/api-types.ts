import type { components } from "./api.gen";

/** Short names for the shapes of the HTTP API; api.gen.ts is made from public/openapi.json by `npm run types`. */
type Schemas = components["schemas"];

export type Provider = Schemas["Provider"];
/** Where a value comes from: the app, or a CRM. */
export type Source = Schemas["Source"];

export type Contact = Schemas["Contact"];
export type ContactStatus = Schemas["ContactStatus"];
export type ContactPage = Schemas["ContactPage"];
export type ContactLink = Schemas["Link"];
export type LinkStatus = ContactLink["syncStatus"];
export type ImportResult = Schemas["ImportResult"];
export type RejectedLine = ImportResult["rejected"][number];

/** The fields every contact has, by their names in the API. */
export type ContactField = "email" | "firstName" | "lastName" | "phone" | "company" | "jobTitle" | "pronouns";
export type ContactFields = Pick<Contact, ContactField>;
/** What can be entered for a contact: those fields, and the customer's own. */
export type ContactValues = ContactFields & Pick<Contact, "custom">;
/** What is sent to create or change one. */
export type ContactInput = Schemas["ContactInput"];

export type SyncStatus = Schemas["SyncStatus"];
export type Run = Schemas["Run"];
export type Plan = Schemas["Plan"];
export type PlanItem = Schemas["PlanItem"];
export type RunCounts = Schemas["Counts"];
export type Budget = Schemas["Budget"];

export type Connection = Schemas["Connection"];
export type Connections = Schemas["Connections"];
export type ConnectionState = Schemas["ConnectionState"];
export type Authorization = Schemas["Authorization"];
export type AvailableCrm = Schemas["AvailableCRM"];

/** Whether a CRM has a field that can be used. */
export type FieldState = Schemas["FieldState"];
export type PronounsField = Schemas["SetupField"];
export type PronounsSetup = Schemas["Setup"];

export type Settings = Schemas["Settings"];
export type SettingsPatch = Schemas["SettingsPatch"];
export type FieldSettings = Schemas["FieldSettings"];
export type FieldChoice = Schemas["FieldChoice"];
export type RemoteField = Schemas["RemoteField"];
export type Policy = Schemas["Policy"];
export type PolicyChoice = Settings["policies"][number];
export type DeletePolicy = Schemas["DeletePolicy"];
export type DeletePolicyChoice = Settings["deletePolicies"][number];
export type Direction = Schemas["Direction"];

export type Conflict = Schemas["Conflict"];
export type ConflictPage = Schemas["ConflictPage"];

export type ActivityEntry = Schemas["ActivityEntry"];
export type ActivityOp = ActivityEntry["op"];
export type ActivityPage = Schemas["ActivityPage"];

export type Session = Schemas["Session"];
