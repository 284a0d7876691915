import fc from 'fast-check';

/** The same cases in each run of CI, so that a red run can be run again; new ones everywhere else. */
if (process.env['CI'] !== undefined) fc.configureGlobal({ seed: 20_261_122 });
