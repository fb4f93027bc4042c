// Questions to the server. A newer view gives up what an older one still asks.
const TOKEN = "delever-token";

export class ApiError extends Error {
  constructor(readonly status: number, what: string) {
    super(what);
  }
}

// A token comes once, behind the "#" of the address, which no server sees.
export function takeToken(hash: URLSearchParams): void {
  const token = hash.get("token");
  if (token) sessionStorage.setItem(TOKEN, token);
}

function headers(): HeadersInit {
  const token = sessionStorage.getItem(TOKEN);
  return token ? { Authorization: `Bearer ${token}` } : {};
}

export function address(what: string, parameters: Record<string, string | undefined> = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value) query.set(name, value);
  const text = query.toString();
  return `api/v1/${what}${text ? "?" + text : ""}`;
}

export async function ask<T>(what: string, parameters: Record<string, string | undefined> = {}, signal?: AbortSignal): Promise<T> {
  const answer = await fetch(address(what, parameters), { headers: headers(), signal: signal ?? null });
  const body = await answer.json();
  if (!answer.ok) throw new ApiError(answer.status, body?.error?.what ?? answer.statusText);
  return body as T;
}

// Server-sent events, by fetch: an EventSource cannot bring a token.
export async function listen(on: (event: string, data: unknown) => void, state: (up: boolean) => void): Promise<never> {
  for (;;) {
    try {
      const answer = await fetch("api/v1/events", { headers: headers() });
      const reader = answer.body?.getReader();
      if (!answer.ok || !reader) throw new ApiError(answer.status, "no events");
      state(true);
      const decoder = new TextDecoder();
      let text = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        text += decoder.decode(value, { stream: true });
        const blocks = text.split("\n\n");
        text = blocks.pop() ?? "";
        for (const block of blocks) {
          const event = /^event: (.*)$/m.exec(block)?.[1], data = /^data: (.*)$/m.exec(block)?.[1];
          if (event && data) on(event, JSON.parse(data));
        }
      }
    } catch {
      // Told below; tried again.
    }
    state(false);
    await new Promise((again) => setTimeout(again, 2000));
  }
}
