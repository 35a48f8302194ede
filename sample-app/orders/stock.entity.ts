import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How many items of one SKU are left. */
@Entity('flash_sale_stock')
export class Stock {
  @PrimaryColumn('text')
  sku!: string;

  @Column('integer')
  remaining!: number;
}
