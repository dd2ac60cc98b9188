/** A value that somebody else saved while it was being edited. */
export function Moved({ value, onTake }: { value: string; onTake(): void }) {
  return (
    <>
      Changed meanwhile to {value ? <b className="font-medium text-ink">{value}</b> : "blank"}.{" "}
      <TextButton onClick={onTake}>Use that</TextButton>
    </>
  );
}

export function TextButton({ onClick, children }: { onClick(): void; children: React.ReactNode }) {
  return (
    <button type="button" onClick={onClick} className="rounded-sm font-medium text-brand-ink underline underline-offset-2">
      {children}
    </button>
  );
}
