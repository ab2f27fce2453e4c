import { pause } from "../train/pause.js";

/** Ends a stream whose reader takes nothing any more. */
export class LateReader extends Error {}

export interface StreamEnds {
  /** In which the reader has to take the next chunk. */
  readonly seconds: number;
  /** Called once, however it ends. */
  readonly onEnd: () => void;
  /** Told why it cannot go on. Whether the connection is cut, so that the reader need not be told. */
  readonly cut: (error: unknown) => boolean;
}

/** Chunks as their reader takes them: none is made before it is asked for. */
export function streamOf(
  chunks: AsyncIterator<Uint8Array>,
  { seconds, onEnd, cut }: StreamEnds,
): ReadableStream<Uint8Array> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const end = (): void => {
    clearTimeout(timer);
    if (isOver) return;
    isOver = true;
    void chunks.return?.();
    onEnd();
  };
  const fail = (controller: ReadableStreamDefaultController<Uint8Array>, error: unknown): void => {
    if (!cut(error)) controller.error(error);
    end();
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        clearTimeout(timer);
        try {
          const { done, value } = await chunks.next();
          if (isOver) return;
          if (done === true) {
            controller.close();
            end();
            return;
          }
          controller.enqueue(value);
        } catch (error) {
          fail(controller, error);
          return;
        }
        timer = setTimeout(() => fail(controller, new LateReader("the reader takes nothing")), 1000 * seconds);
        // Chunk after chunk without a pause would leave no time for other requests.
        await pause();
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}
