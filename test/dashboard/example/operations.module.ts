import { Module } from '@nestjs/common';
import { EventBackboneDashboardModule, type DashboardRequest } from 'nest-event-backbone/dashboard';
import { StaffGuard } from './staff.guard.js';
import { Staff, type Person } from './staff.js';

@Module({ providers: [Staff], exports: [Staff] })
export class StaffModule {}

@Module({
  imports: [
    EventBackboneDashboardModule.forRootAsync({
      path: 'ops/events',
      imports: [StaffModule],
      useFactory: () => ({
        guard: StaffGuard,
        actions: true,
        access: ({ user }: DashboardRequest & { user?: Person }) => ({
          who: user?.name,
          personal: user?.roles.includes('privacy-officer'),
          actions: user?.roles.includes('operator'),
        }),
      }),
    }),
  ],
})
export class OperationsModule {}
