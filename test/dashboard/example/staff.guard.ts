import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Staff, type Person } from './staff.js';

@Injectable()
export class StaffGuard implements CanActivate {
  constructor(private readonly staff: Staff) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: { authorization?: string }; user?: Person }>();
    request.user = this.staff.find(request.headers.authorization);
    return request.user !== undefined;
  }
}
