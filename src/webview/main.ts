import type { HostToPage } from "../protocol/panel";
import { ChatPage } from "./chatPage";
import "./styles/chat.css";

const page = new ChatPage(acquireVsCodeApi(), document.body);
window.addEventListener("message", (event: MessageEvent<HostToPage>) => page.receive(event.data));
