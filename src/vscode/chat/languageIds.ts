/** What models write after a code fence, where VS Code has another word for it. */
const vscodeIds: Readonly<Record<string, string>> = {
  bash: "shellscript",
  sh: "shellscript",
  shell: "shellscript",
  zsh: "shellscript",
  console: "shellscript",
  "c++": "cpp",
  cs: "csharp",
  "c#": "csharp",
  docker: "dockerfile",
  golang: "go",
  js: "javascript",
  jsx: "javascriptreact",
  json5: "jsonc",
  kt: "kotlin",
  make: "makefile",
  md: "markdown",
  objc: "objective-c",
  ps1: "powershell",
  py: "python",
  rb: "ruby",
  rs: "rust",
  text: "plaintext",
  ts: "typescript",
  tsx: "typescriptreact",
  txt: "plaintext",
  yml: "yaml",
};

/** VS Code's id for a code fence's language: the known ones decide, whatever a model wrote. */
export function languageIdOf(fence: string, known: readonly string[]): string {
  const name = fence.trim().toLowerCase();
  const id = Object.hasOwn(vscodeIds, name) ? vscodeIds[name] : name;
  return id !== undefined && known.includes(id) ? id : "plaintext";
}
