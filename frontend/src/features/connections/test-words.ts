import type { Connection } from "@/lib/api-types";
import { providerName } from "@/lib/names";

export interface TestWords {
  tone: "success" | "warning" | "error";
  title: string;
  description?: string;
}

/** What a test found: the server records the answer of the CRM in the connection's state. */
export function testWords({ provider, state, message }: Connection): TestWords {
  const name = providerName(provider);
  switch (state) {
    case "unauthorised":
      return { tone: "error", title: `${name} refused the credentials`, description: message };
    case "error":
    case "disconnected":
      return { tone: "error", title: `${name} could not be reached`, description: message };
    case "throttled":
      return { tone: "warning", title: `${name} answers, but asks us to slow down`, description: message };
    case "paused":
      return { tone: "success", title: `${name} accepts the credentials`, description: "It stays paused until you resume." };
    case "waiting":
      return { tone: "success", title: `${name} accepts the credentials`, description: "Its first sync still waits for approval." };
    case "active":
    case "new":
      return { tone: "success", title: `${name} accepts the credentials` };
  }
}
