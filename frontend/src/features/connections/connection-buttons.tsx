"use client";

import { KeyRound, Pause, Play, PlugZap, Unplug } from "lucide-react";
import { lazy, useState } from "react";
import { Button } from "@/components/ui/button";
import { OnceOpen } from "@/components/ui/once-open";
import type { AvailableCrm, Connection } from "@/lib/api-types";
import { useConnect } from "./use-connect";
import { useConnectionActions } from "./use-connection-actions";

const DisconnectDialog = lazy(() => import("./disconnect-dialog"));

interface Props {
  crm: AvailableCrm;
  connection: Connection;
  onToken(): void;
}

export function ConnectionButtons({ crm, connection, onToken }: Props) {
  const { doing, test, pause, resume, disconnect } = useConnectionActions(connection.provider);
  const { busy, agree } = useConnect(connection.provider);
  const granted = connection.credential === "oauth" && crm.oauth.offered;
  const [asking, setAsking] = useState(false);
  const paused = connection.state === "paused";
  const refused = connection.state === "unauthorised";
  return (
    <footer className="mt-auto flex flex-wrap items-center gap-2 border-t px-4 py-3">
      {paused ? (
        <Button size="sm" variant="primary" busy={doing === "resume"} onClick={() => void resume()}>
          {doing !== "resume" && <Play aria-hidden />}
          Resume
        </Button>
      ) : (
        <Button size="sm" busy={doing === "pause"} onClick={() => void pause()}>
          {doing !== "pause" && <Pause aria-hidden />}
          Pause
        </Button>
      )}
      <Button size="sm" busy={doing === "test"} onClick={() => void test()}>
        {doing !== "test" && <PlugZap aria-hidden />}
        Test
      </Button>
      {granted ? (
        <Button size="sm" variant={refused ? "primary" : "outline"} busy={busy} onClick={() => void agree()}>
          {!busy && <KeyRound aria-hidden />}
          Connect again
        </Button>
      ) : (
        <Button size="sm" variant={refused ? "primary" : "outline"} onClick={onToken}>
          <KeyRound aria-hidden />
          Replace token
        </Button>
      )}
      <Button
        size="sm"
        variant="ghost"
        className="-mr-2 ml-auto text-bad-ink hover:bg-bad-soft hover:text-bad-ink"
        onClick={() => setAsking(true)}
      >
        <Unplug aria-hidden />
        Disconnect
      </Button>
      <OnceOpen open={asking}>
        <DisconnectDialog
          open={asking}
          crm={crm}
          connection={connection}
          busy={doing === "disconnect"}
          onClose={() => setAsking(false)}
          onConfirm={() => void disconnect().then(() => setAsking(false))}
        />
      </OnceOpen>
    </footer>
  );
}
