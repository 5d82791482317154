/** The environment variable that tells the test module where to write its counts. */
export const COUNTS_VARIABLE = "LLM_ROOMS_TEST_COUNTS";

/** Begins each line of the test report on its way through the console of the extension host. */
export const REPORT_MARK = "[test report] ";
