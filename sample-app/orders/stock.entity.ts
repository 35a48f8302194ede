import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How many items of one SKU are left. */
@Entity('flash_sale_stock')
export class Stock {
  @PrimaryColumn('varchar', { length: 64 })
  sku!: string;

  @Column('integer')
  remaining!: number;
}
