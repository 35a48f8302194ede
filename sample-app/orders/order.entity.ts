import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One item sold. The request id is the primary key: a request that is sent twice cannot buy twice. */
@Entity('flash_sale_orders')
@Index(['sku', 'buyer'])
export class Order {
  @PrimaryColumn('varchar', { length: 64 })
  requestId!: string;

  @Column('varchar', { length: 64 })
  sku!: string;

  @Column('varchar', { length: 64 })
  buyer!: string;
}
