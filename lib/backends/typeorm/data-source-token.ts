import { DataSource } from 'typeorm';

/** Under which token `@nestjs/typeorm` provides a DataSource; an application without it may do the same. */
export function dataSourceToken(name: string): typeof DataSource | string {
  return name === 'default' ? DataSource : `${name}DataSource`;
}
