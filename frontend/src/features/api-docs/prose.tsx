/** A text of the document: words between backticks are code. */
export function Prose({ text, className }: { text: string; className?: string }) {
  return (
    <p className={className}>
      {text.split("`").map((part, index) =>
        index % 2 === 1 ? (
          <code key={index} className="rounded-sm bg-subtle px-1 py-px font-mono text-[0.92em] break-words">
            {part}
          </code>
        ) : (
          part
        ),
      )}
    </p>
  );
}
