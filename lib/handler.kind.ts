/** Metadata of Nest's own decorators, by their documented names: the packages they come from may not be installed. */
const HTTP_PATH = 'path';
const HTTP_METHOD = 'method';
const HTTP_EVENTS = '__sse__';
const RPC_HANDLER = 'microservices:handler_type';
const GRAPHQL_RESOLVER = 'graphql:resolver_type';
const GRAPHQL_FIELD = 'graphql:resolve_property';
const SCHEDULE = 'SCHEDULER_TYPE';
const EVENT_LISTENER = 'EVENT_LISTENER_METADATA';

const MESSAGE_HANDLER = 1;
const GRAPHQL_REPLIES = new Set<unknown>(['Query', 'Mutation']);

/** What a handler is called whose caller waits for a reply; `undefined` for events, schedules and plain methods. */
export function requestReplyKind(method: object): string | undefined {
  const has = (key: string) => Reflect.hasMetadata(key, method);
  const value = (key: string): unknown => Reflect.getMetadata(key, method);
  if (has(HTTP_PATH) && has(HTTP_METHOD)) return 'an HTTP route';
  if (value(RPC_HANDLER) === MESSAGE_HANDLER) return 'a @MessagePattern handler';
  if (GRAPHQL_REPLIES.has(value(GRAPHQL_RESOLVER))) return 'a GraphQL query or mutation';
  return undefined;
}

/** What a method is called that Nest calls past all interceptors. */
export function uninterceptedKind(method: object): string | undefined {
  const has = (key: string) => Reflect.hasMetadata(key, method);
  if (has(SCHEDULE)) return 'scheduled';
  if (has(EVENT_LISTENER)) return 'an @OnEvent listener';
  if (has(GRAPHQL_FIELD) && !has(GRAPHQL_RESOLVER)) return 'a GraphQL field resolver';
  return undefined;
}

/** Whether it sends events to its client until that leaves. */
export function isEventStream(method: object): boolean {
  return Reflect.hasMetadata(HTTP_EVENTS, method);
}
