export type Attributes = Readonly<Record<string, string | boolean | undefined>>;
export type Child = Node | string | undefined;

/** Makes an element. Strings become text, never markup; an attribute that is undefined or false is left out. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/** A codicon, for the eye only: whatever it says is also said in words. */
export function icon(name: string, modifier = ""): HTMLElement {
  return element("span", { class: `codicon codicon-${name} ${modifier}`.trimEnd(), "aria-hidden": "true" });
}

export interface ButtonOptions {
  label: string;
  icon?: string;
  /** An icon alone shows its label as a tooltip. */
  iconOnly?: boolean;
  class?: string;
  onClick?: () => void;
}

export function button(options: ButtonOptions): HTMLButtonElement {
  const { label, iconOnly = false, onClick } = options;
  const made = element(
    "button",
    {
      type: "button",
      class: options.class ?? (iconOnly ? "icon-button" : "link-button"),
      title: iconOnly ? label : undefined,
      "aria-label": iconOnly ? label : undefined,
    },
    options.icon === undefined ? undefined : icon(options.icon),
    iconOnly ? undefined : label,
  );
  if (onClick) made.addEventListener("click", onClick);
  return made;
}
