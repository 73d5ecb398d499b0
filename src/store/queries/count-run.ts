/** Number of a run's tasks in each state. */
export const COUNT_RUN = `SELECT CASE WHEN running.task IS NULL THEN state ELSE 3 END AS state, count(*) AS count
  FROM task LEFT JOIN running ON running.task = task.seq WHERE run = ? GROUP BY 1`;
