export interface ChatHtmlOptions {
  /** What VS Code says that local resources are served from. */
  cspSource: string;
  scriptUri: string;
  styleUri: string;
  /** New for every page, so that only our one script runs. */
  nonce: string;
}

/** The page's frame. Nothing remote, nothing inline: what a model writes cannot load, run or send anything. */
export function chatHtml({ cspSource, scriptUri, styleUri, nonce }: ChatHtmlOptions): string {
  const policy = [
    "default-src 'none'",
    `style-src ${cspSource}`,
    `font-src ${cspSource}`,
    `script-src 'nonce-${nonce}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${styleUri}">
<title>LLM Rooms Chat</title>
</head>
<body>
<script nonce="${nonce}" src="${scriptUri}"></script>
</body>
</html>`;
}
