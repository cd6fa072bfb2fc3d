// A report is one file that opens from a disk or a mail: script and styles go inside, and a policy that lets nothing else in.
import { createHash } from "node:crypto";
import type { Plugin } from "vite";

const marker = "<!--striate:data-->";

/** `</script` would end the element; inside a string or a template, `<\/script` means the same. */
function inlineScript(code: string): string {
  return code.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--").trim();
}

function policy(script: string): string {
  const hash = createHash("sha256").update(script).digest("base64");
  return [
    "default-src 'none'",
    `script-src 'sha256-${hash}'`,
    "style-src 'unsafe-inline'",
    "img-src data: blob:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

function assemble(html: string, script: string, style: string): string {
  const head =
    `<meta http-equiv="Content-Security-Policy" content="${policy(script)}" />\n` +
    `    <style>${style.trim()}</style>\n  </head>`;
  const body = `${marker}\n    <script type="module">${script}</script>\n  </body>`;
  // Replacements are functions, because `$&` in the code would be read as a pattern.
  return html
    .replace(/\s*<script type="module"[^>]*><\/script>/, "")
    .replace(/\s*<link rel="(?:stylesheet|modulepreload)"[^>]*>/g, "")
    .replace(/\s*<\/head>/, () => `\n    ${head}`)
    .replace(/<!--striate:data-->\s*<\/body>/, () => body);
}

export function singleFile(name: string): Plugin {
  return {
    name: "single-file",
    enforce: "post",
    generateBundle(_, bundle) {
      let script = "";
      let style = "";
      let html = "";
      for (const [file, output] of Object.entries(bundle)) {
        if (output.type === "chunk") script += output.code;
        else if (file.endsWith(".css")) style += output.source;
        else if (file.endsWith(".html")) html += output.source;
        delete bundle[file];
      }
      const page = assemble(html, inlineScript(script), style);
      if (page.split(marker).length !== 2) this.error("the page must hold its marker once");
      this.emitFile({ type: "asset", fileName: name, source: page });
    },
  };
}
