/** An event as a server sends it. */
export interface ServerSentEvent {
  readonly event: string;
  readonly data: unknown;
}

/** Gives the events that a server sends, one by one. */
export async function* eventsOf({ body }: Response): AsyncGenerator<ServerSentEvent, void, undefined> {
  if (!body) throw new Error('the answer has no body');
  let text = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const whole = text.split('\n\n');
    text = whole.pop() ?? '';
    for (const one of whole) {
      const event = /^event: (.*)$/m.exec(one)?.[1];
      const data = /^data: (.*)$/m.exec(one)?.[1];
      if (event !== undefined && data !== undefined) yield { event, data: JSON.parse(data) as unknown };
    }
  }
}
