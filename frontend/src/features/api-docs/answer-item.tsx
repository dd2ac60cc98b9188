import { asText, Example } from "./example";
import { exampleOf, type Answer } from "./model";
import type { Media } from "./openapi";
import { Shape } from "./shape";

/** What a route answers when all is well. */
export function AnswerItem({ answer: { status, description, media } }: { answer: Answer }) {
  return (
    <li>
      <p className="flex flex-wrap items-baseline gap-x-2.5">
        <code className="font-mono text-sm font-semibold">{status}</code>
        <span className="text-ink-2">{description}</span>
      </p>
      {media && (
        <div className="mt-2 space-y-2">
          <Shape schema={media.schema} />
          <MediaExample media={media} />
        </div>
      )}
    </li>
  );
}

function MediaExample({ media }: { media: Media }) {
  const example = exampleOf(media);
  return example === undefined ? null : <Example title="Example answer" text={asText(example)} />;
}
