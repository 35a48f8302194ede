/** Metadata of Nest's own decorators, by their documented names: the packages they come from may not be installed. */
const HTTP_PATH = 'path';
const HTTP_METHOD = 'method';
const RPC_HANDLER = 'microservices:handler_type';
const GRAPHQL_RESOLVER = 'graphql:resolver_type';

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
