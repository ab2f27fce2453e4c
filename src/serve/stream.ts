import { pause } from "../train/pause.js";

/** Ends a stream whose reader takes nothing any more. */
class LateReader extends Error {
  /** The word of Node's streams for a reader that has gone. */
  readonly code = "ERR_STREAM_PREMATURE_CLOSE";
}

export interface StreamEnds {
  /** In which the reader has to take the next chunk. */
  readonly seconds: number;
  /** Called once, however it ends. */
  readonly onEnd: () => void;
}

/** Chunks as their reader takes them: none is made before it is asked for. */
export function streamOf(
  chunks: AsyncIterator<Uint8Array>,
  { seconds, onEnd }: StreamEnds,
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
          controller.error(error);
          end();
          return;
        }
        timer = setTimeout(() => {
          controller.error(new LateReader("the reader takes nothing"));
          end();
        }, 1000 * seconds);
        // Chunk after chunk without a pause would leave no time for other requests.
        await pause();
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}
