/** The token of the checked options of a dashboard. */
export const DASHBOARD_OPTIONS = 'nest-event-backbone:dashboard-options';

/** The token of the directory that the built page is in. */
export const PAGE_DIRECTORY = 'nest-event-backbone:dashboard-page';

/** The token of where a dashboard is served. */
export const DASHBOARD_PATH = 'nest-event-backbone:dashboard-path';
