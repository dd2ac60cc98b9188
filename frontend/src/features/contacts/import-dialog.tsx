"use client";

import { Button } from "@/components/ui/button";
import { Progress } from "@/components/ui/progress";
import { Modal, PanelBody, PanelFooter } from "@/components/ui/sheet";
import { count, formatNumber } from "@/lib/format";
import { useSyncRunner } from "@/features/sync/sync-runner";
import { FileDrop } from "./file-drop";
import { ImportResultView } from "./import-result";
import { useImport } from "./use-import";

export default function ImportDialog({ open, onClose }: { open: boolean; onClose(): void }) {
  const { state, choose, resume, reset } = useImport();
  const { start } = useSyncRunner();
  const sending = state.step === "sending";
  const close = () => {
    if (!sending) reset();
    onClose();
  };
  return (
    <Modal
      open={open}
      onOpenChange={(next) => !next && close()}
      title="Import contacts"
      description="Contacts are matched by e-mail: known ones are updated, new ones are added. A blank cell changes nothing."
    >
      <PanelBody>
        {state.step === "choose" && <FileDrop problem={state.problem} onFile={(file) => void choose(file)} />}
        {state.step === "sending" && (
          <div className="py-6" aria-live="polite">
            <p className="font-medium">
              Importing {count(state.records, "line")} of {state.file}
            </p>
            <Progress label="Import progress" value={state.sent} max={state.parts > 1 ? state.records : undefined} className="mt-3" />
            <p className="mt-3 text-sm text-ink-2">
              {state.parts > 1 && `Part ${state.part} of ${state.parts}. `}You can close this; the import goes on.
            </p>
          </div>
        )}
        {state.step === "stopped" && (
          <div role="alert" className="py-2">
            <p className="font-medium text-bad-ink">The import stopped</p>
            <p className="mt-1 text-ink-2">{state.message}</p>
            <p className="mt-3 text-ink-2">
              {state.sent > 0
                ? `The first ${formatNumber(state.sent)} of ${count(state.records, "line")} are imported and stay so.`
                : "Nothing was imported so far."}
            </p>
          </div>
        )}
        {state.step === "done" && <ImportResultView file={state.file} result={state.result} />}
      </PanelBody>
      {state.step !== "choose" && (
        <PanelFooter>
          {state.step === "stopped" && (
            <>
              <Button onClick={reset}>Choose another file</Button>
              <Button variant="primary" onClick={() => void resume()}>
                Try again from there
              </Button>
            </>
          )}
          {state.step === "sending" && <Button onClick={close}>Close</Button>}
          {state.step === "done" && (
            <>
              <Button onClick={close}>Close</Button>
              <Button
                variant="primary"
                onClick={() => {
                  start();
                  close();
                }}
              >
                Sync now
              </Button>
            </>
          )}
        </PanelFooter>
      )}
    </Modal>
  );
}
